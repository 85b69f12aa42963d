import { ropeFrequencies } from "../math/positions.ts";
import type { Random } from "../math/random.ts";
import type { ModelConfig } from "../model/config.ts";

/** Dropout while training: the probability, and where masks are drawn from. */
export interface DropoutOptions {
  /** p, in [0, 1) */
  readonly probability: number;
  readonly random: Random;
}

/** The cosines and sines by which RoPE turns one position, `[R / 2]` each. */
export interface Turn {
  readonly cos: Float64Array;
  readonly sin: Float64Array;
}

/** What every piece of one forward and reverse pass shares. */
export interface Pass {
  readonly config: ModelConfig;
  /** Where the gradient of a tensor of the weights is summed; null where it is not asked for. */
  readonly gradientOf: (tensor: Float64Array) => Float64Array | null;
  readonly dropout: DropoutOptions | null;
  /** By position; null without RoPE. */
  readonly turns: readonly Turn[] | null;
}

/** How RoPE turns positions 0 to `length - 1`; null for a model without RoPE. */
export function turnsOf(config: ModelConfig, length: number): Turn[] | null {
  if (config.positions !== "rope") return null;
  const frequencies = ropeFrequencies(config);
  return Array.from({ length }, (_, position) => {
    const angles = frequencies.map((frequency) => position * frequency);
    return { cos: angles.map(Math.cos), sin: angles.map(Math.sin) };
  });
}
