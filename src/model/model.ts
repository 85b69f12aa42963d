import type { ModelConfig } from "./config.ts";
import type { Weights } from "./weights.ts";

/** A configuration and its numbers: what a file holds and what a decoder is made of. */
export interface Model {
  readonly name: string;
  readonly config: ModelConfig;
  readonly weights: Weights;
}
