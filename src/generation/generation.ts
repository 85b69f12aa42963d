import type { complete } from "./complete.ts";
import type { generate, generateBatch } from "./generate.ts";
import type { logProbs } from "./log-probs.ts";
import type { speculate } from "./speculate.ts";

/** The generation functions of a subject, which the laws of generation test. */
export interface Generation {
  readonly generate: typeof generate;
  readonly generateBatch: typeof generateBatch;
  readonly speculate: typeof speculate;
  readonly logProbs: typeof logProbs;
  /** The completions of a server that returns no logits. */
  readonly complete: typeof complete;
}
