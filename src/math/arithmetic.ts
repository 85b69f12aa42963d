import { f16round } from "@petamoriken/float16";

/** The arithmetic of a forward pass: how results are rounded. */
export interface Arithmetic {
  /** Its name in tables. */
  readonly name?: string;
  /** Rounds every result. */
  readonly round: (x: number) => number;
  /**
   * Rounds the inputs and partial sums of attention: queries, keys, values, and sums of values.
   * Default `round`.
   */
  readonly attend?: (x: number) => number;
  /** Rounds the input and output of a GELU or ReLU. Default `round`. */
  readonly activate?: (x: number) => number;
  /** Called for every dot product: `length` multiplications, each added to a sum. */
  readonly products: (length: number) => void;
}

/** The arithmetic of an engine in float32: every result is rounded to 24 bits. */
export const float32: Arithmetic = { name: "float32", round: Math.fround, products: () => {} };

/**
 * The arithmetic of ggml on a CPU: float32, with GELU from a table that is indexed in float16.
 *
 * @see github.com/ggml-org/ggml, `ggml_vec_gelu_f32` in src/ggml-cpu/vec.h
 */
export const ggmlFloat32: Arithmetic = { ...float32, activate: f16round };

/** As ggml, with keys and values in float16, and attention in tiles that sum in float16. */
export const ggmlFloat16: Arithmetic = { ...ggmlFloat32, name: "float16", attend: f16round };

/** float64 with a counter: `count()` is the number of multiply-adds so far. */
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
