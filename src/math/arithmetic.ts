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
  /**
   * Rounds products, partial sums, and everything inside a norm or a softmax, whose results `round`
   * then rounds. Default `round`.
   */
  readonly accumulate?: (x: number) => number;
  /** Returns a tensor as the engine holds it, in a new array. Default: as it is. */
  readonly hold?: (data: Float64Array, shape: readonly number[]) => Float64Array;
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

/** bfloat16: weights and results are rounded to 8 bits, with sums in float32. */
export const bfloat16: Arithmetic = narrow("bfloat16", roundToBfloat16);

/** float16: weights and results are rounded to 11 bits, with sums in float32. */
export const float16: Arithmetic = narrow("float16", f16round);

/** int8: as float16, with every row of a matrix as whole numbers from -127 to 127 and a scale. */
export const int8: Arithmetic = {
  ...narrow("int8", f16round),
  hold: (data, shape) => (shape.length === 1 ? data.map(f16round) : inRowsOf(shape[1], data)),
};

function narrow(name: string, round: (x: number) => number): Arithmetic {
  const hold = (data: Float64Array) => data.map(round);
  return { name, round, accumulate: Math.fround, hold, products: () => {} };
}

const single = new Float32Array(1);
const bits = new Uint32Array(single.buffer);

/** Rounds to float32, and then to its upper 16 bits; a tie to the even neighbour. */
function roundToBfloat16(x: number): number {
  single[0] = x;
  if (!Number.isFinite(single[0])) return single[0];
  bits[0] += 0x7fff + ((bits[0] >>> 16) & 1);
  bits[0] &= 0xffff_0000;
  return single[0];
}

/** Rounds every row to multiples of its largest magnitude over 127. */
function inRowsOf(width: number, data: Float64Array): Float64Array {
  const held = data.slice();
  for (let start = 0; start < data.length; start += width) {
    const row = held.subarray(start, start + width);
    const scale = row.reduce((most, x) => Math.max(most, Math.abs(x)), 0) / 127;
    if (scale > 0) for (const [i, x] of row.entries()) row[i] = Math.round(x / scale) * scale;
  }
  return held;
}

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
