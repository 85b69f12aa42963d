import type { ModelConfig } from "../config.ts";

/** A configuration that people know by name. Its numbers come from `initWeights` or from a file. */
export interface NamedModel {
  /** What it is asked for by: lower case, `family-size`. */
  readonly name: string;
  /** What its makers call it. */
  readonly title: string;
  /** The document or the public configuration that it was taken from. */
  readonly source: string;
  readonly config: ModelConfig;
}
