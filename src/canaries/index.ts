import type { Canary } from "./canary.ts";
import { decoderCanaries } from "./decoder.ts";
import { samplerCanaries } from "./sampler.ts";

/** At least one for every law. */
export const canaries: readonly Canary[] = [...decoderCanaries, ...samplerCanaries];
