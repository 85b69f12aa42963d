/** Correct variants: engines and samplers that differ from the reference and keep every law. */
import { decoders } from "./decoders.ts";
import { engines } from "./engines.ts";
import { samplers } from "./samplers.ts";
import { speculation } from "./speculation.ts";
import type { Variant } from "./variant.ts";

export const variants: readonly Variant[] = [...engines, ...decoders, ...samplers, ...speculation];
