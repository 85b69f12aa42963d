import type { complete } from "./complete.ts";
import type { generate, generateBatch } from "./generate.ts";
import type { logProbs } from "./log-probs.ts";
import type { speculate } from "./speculate.ts";

/** The ways to generate with a decoder, as functions: what the laws of generation are asked of. */
export interface Generation {
  readonly generate: typeof generate;
  readonly generateBatch: typeof generateBatch;
  readonly speculate: typeof speculate;
  readonly logProbs: typeof logProbs;
  /** All that a server gives which shows no logits. */
  readonly complete: typeof complete;
}
