import type { Random } from "./random.ts";

export interface Dropout {
  /** `x` times the mask, entry by entry. */
  readonly row: Float64Array;
  /** 0 for a dropped entry, `1 / (1 - p)` for a kept one: the factors of the gradients. */
  readonly mask: Float64Array;
}

/**
 * Inverted dropout: every entry is dropped with probability p, and the rest is scaled by
 * `1 / (1 - p)`, so that the expected row is `x` and inference needs no scaling. With p = 0 the row
 * is `x`, bit for bit.
 *
 * @param x one row, not changed
 * @param probability p, in [0, 1)
 * @param random called once for every entry, for every p
 * @throws {RangeError} if p is not a number in [0, 1)
 * @see Srivastava et al. 2014, "Dropout: A Simple Way to Prevent Neural Networks from Overfitting"
 */
export function dropout(x: Float64Array, probability: number, random: Random): Dropout {
  if (!(probability >= 0 && probability < 1)) {
    throw new RangeError(`dropout: p must be a number in [0, 1), got ${probability}`);
  }
  const scale = 1 / (1 - probability);
  const mask = x.map(() => (random() < probability ? 0 : scale));
  return { row: x.map((value, i) => (mask[i] === 0 ? 0 : value * mask[i])), mask };
}
