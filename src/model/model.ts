import type { ModelConfig } from "./config.ts";
import type { Weights } from "./weights.ts";

/** A configuration and its weights: the contents of a file, the input of a decoder. */
export interface Model {
  readonly name: string;
  readonly config: ModelConfig;
  readonly weights: Weights;
}
