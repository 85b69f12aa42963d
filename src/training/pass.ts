import { ropeFrequencies } from "../math/positions.ts";
import type { Random } from "../math/random.ts";
import type { ModelConfig } from "../model/config.ts";

/** Dropout in training: the probability and the random source of masks. */
export interface DropoutOptions {
  /** p, in [0, 1) */
  readonly probability: number;
  readonly random: Random;
}

/** The cosines and sines of RoPE at one position, `[R / 2]` each. */
export interface Turn {
  readonly cos: Float64Array;
  readonly sin: Float64Array;
}

/** The state that all pieces of one forward and reverse pass share. */
export interface TrainingPass {
  readonly config: ModelConfig;
  /** Returns the gradient array of a tensor; null if its gradient is not computed. */
  readonly gradientOf: (tensor: Float64Array) => Float64Array | null;
  readonly dropout: DropoutOptions | null;
  /** By position; null without RoPE. */
  readonly turns: readonly Turn[] | null;
}

/** Returns the rotations of positions 0 to `length - 1`; null for a model without RoPE. */
export function turnsOf(config: ModelConfig, length: number): Turn[] | null {
  if (config.positions !== "rope") return null;
  const frequencies = ropeFrequencies(config);
  return Array.from({ length }, (_, position) => {
    const angles = frequencies.map((frequency) => position * frequency);
    return { cos: angles.map(Math.cos), sin: angles.map(Math.sin) };
  });
}
