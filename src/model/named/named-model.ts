import type { ModelConfig } from "../config.ts";

/** A configuration with a name. Its weights come from `initWeights` or from a file. */
export interface NamedModel {
  /** The name on the command line: lower case, `family-size`. */
  readonly name: string;
  /** The name that its authors use. */
  readonly title: string;
  /** The paper or public configuration of its sizes. */
  readonly source: string;
  readonly config: ModelConfig;
}
