import { decoders, type Witness } from "./decoders.ts";
import { loaders } from "./loaders.ts";
import { samplers } from "./samplers.ts";

/** All witnesses: calls that show a bug at the size after its threshold. */
export const witnesses: Readonly<Record<string, Witness>> = {
  ...decoders,
  ...samplers,
  ...loaders,
};
