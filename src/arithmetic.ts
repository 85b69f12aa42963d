/** What a forward pass computes with, where that is a choice. */
export interface Arithmetic {
  /** Rounds every result to a number that can be kept. */
  readonly round: (x: number) => number;
  /** Told of every dot product: `length` multiplications, each added to a sum. */
  readonly products: (length: number) => void;
}

/** The arithmetic of an engine in float32: every result is rounded to 24 bits. */
export const float32: Arithmetic = { round: Math.fround, products: () => {} };

/** float64 under a counter: `count()` is the number of multiply-adds so far. */
export function countingArithmetic(): Arithmetic & { readonly count: () => bigint } {
  let total = 0n;
  return {
    round: (x) => x,
    products: (length) => {
      total += BigInt(length);
    },
    count: () => total,
  };
}
