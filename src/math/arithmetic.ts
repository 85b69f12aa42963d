import { f16round } from "@petamoriken/float16";

/** What a forward pass computes with, where that is a choice. */
export interface Arithmetic {
  /** Names it in tables. */
  readonly name?: string;
  /** Rounds every result to a number that can be kept. */
  readonly round: (x: number) => number;
  /**
   * Rounds what attention reads and sums: queries, keys, values, and the mix of values as it grows.
   * Default `round`.
   */
  readonly attend?: (x: number) => number;
  /** Rounds what a GELU or ReLU is given, and what it gives. Default `round`. */
  readonly activate?: (x: number) => number;
  /** Told of every dot product: `length` multiplications, each added to a sum. */
  readonly products: (length: number) => void;
}

/** The arithmetic of an engine in float32: every result is rounded to 24 bits. */
export const float32: Arithmetic = { name: "float32", round: Math.fround, products: () => {} };

/**
 * The arithmetic of ggml on a CPU: float32, with a table of GELU that float16 looks up.
 *
 * @see github.com/ggml-org/ggml, `ggml_vec_gelu_f32` in src/ggml-cpu/vec.h
 */
export const ggmlFloat32: Arithmetic = { ...float32, activate: f16round };

/** ggml's with keys and values in float16, and attention in tiles that sum in float16. */
export const ggmlFloat16: Arithmetic = { ...ggmlFloat32, name: "float16", attend: f16round };

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
