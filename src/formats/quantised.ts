/** Numbers with fewer bits than a float32, as in ggml. */
import { f16round, getFloat16, setFloat16 } from "@petamoriken/float16";

/** Q8_0: blocks of this many numbers share one scale. */
const BLOCK_LENGTH = 32;
/** A float16 scale and one int8 a number. */
const BLOCK_BYTES = 34;

/**
 * Writes `numbers` as float16, each rounded to the nearest, ties to even.
 *
 * @param who format and tensor, for errors
 * @throws {RangeError} if a number exceeds float16's largest, 65504
 */
export function encodeFloat16(
  bytes: DataView,
  offset: number,
  numbers: Float64Array,
  who: string,
): void {
  for (let i = 0; i < numbers.length; i++) {
    if (!Number.isFinite(f16round(numbers[i]))) {
      throw new RangeError(`${who}[${i}]: must be in float16's range, got ${numbers[i]}`);
    }
    setFloat16(bytes, offset + 2 * i, numbers[i], true);
  }
}

/**
 * Writes `numbers` in blocks of 32 that share a scale: `d = max |x| / 127`, `q = round(x / d)`, in
 * float32 with halves away from zero, so that the bytes are those of ggml. A block whose scale is
 * zero in float16 is written as zeros, as every reader reads it.
 *
 * @param who format and tensor, for errors
 * @throws {RangeError} if a scale exceeds float16's largest, or a number is NaN
 * @see ggml, `quantize_row_q8_0_ref` in ggml-quants.c
 */
export function encodeQ8_0(
  bytes: DataView,
  offset: number,
  numbers: Float64Array,
  who: string,
): void {
  let to = offset;
  for (let first = 0; first < numbers.length; first += BLOCK_LENGTH, to += BLOCK_BYTES) {
    const block = numbers.subarray(first, first + BLOCK_LENGTH);
    const largest = block.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
    const scale = Math.fround(largest / 127);
    const stored = f16round(scale);
    if (!Number.isFinite(stored)) {
      const must = "must have numbers that a float16 scale reaches";
      throw new RangeError(`${who}[${first}]: ${must}, got a largest of ${largest}`);
    }
    setFloat16(bytes, to, stored, true);
    const inverse = stored === 0 ? 0 : Math.fround(1 / scale);
    for (const [i, x] of block.entries()) {
      bytes.setInt8(to + 2 + i, roundHalfAway(Math.fround(x * inverse)));
    }
  }
}

function roundHalfAway(x: number): number {
  return Math.sign(x) * Math.floor(Math.abs(x) + 0.5);
}

/**
 * Returns the numbers of Q8_0 blocks, `q * d` each, exactly.
 *
 * @param who file and tensor, for errors
 * @throws {RangeError} if a scale is not finite
 */
export function decodeQ8_0(bytes: DataView, who: string): Float64Array {
  const numbers = new Float64Array((bytes.byteLength / BLOCK_BYTES) * BLOCK_LENGTH);
  for (let from = 0, i = 0; i < numbers.length; from += BLOCK_BYTES) {
    const scale = getFloat16(bytes, from, true);
    if (!Number.isFinite(scale)) {
      throw new RangeError(`${who}[${i}]: must have a finite scale, got ${scale}`);
    }
    for (let b = 0; b < BLOCK_LENGTH; b++) numbers[i++] = scale * bytes.getInt8(from + 2 + b);
  }
  return numbers;
}
