/** Numbers in files, little-endian on every machine. */
import { f16round, getFloat16, setFloat16 } from "@petamoriken/float16";

/** Number of bytes and the reader of one number, by the type's name in safetensors. */
const types = {
  F64: { bytes: 8, at: (view: DataView, offset: number) => view.getFloat64(offset, true) },
  F32: { bytes: 4, at: (view: DataView, offset: number) => view.getFloat32(offset, true) },
  F16: { bytes: 2, at: (view: DataView, offset: number) => getFloat16(view, offset, true) },
  BF16: { bytes: 2, at: bfloat16At },
} as const;

export type FloatType = keyof typeof types;

export const floatTypes = Object.keys(types) as readonly FloatType[];

export function bytesPerElement(type: FloatType): number {
  return types[type].bytes;
}

/** bfloat16 is the upper half of a float32. */
function bfloat16At(view: DataView, offset: number): number {
  scratch.setUint32(0, view.getUint16(offset, true) << 16);
  return scratch.getFloat32(0);
}
const scratch = new DataView(new ArrayBuffer(4));

/**
 * Returns the numbers of `bytes`, each exactly.
 *
 * @param who file and tensor, for errors
 * @throws {RangeError} if a number is NaN or infinite
 */
export function decodeFloats(bytes: DataView, type: FloatType, who: string): Float64Array {
  const { bytes: width, at } = types[type];
  const numbers = new Float64Array(bytes.byteLength / width);
  for (let i = 0; i < numbers.length; i++) {
    const x = at(bytes, i * width);
    if (!Number.isFinite(x))
      throw new RangeError(`${who}[${i}]: must be a finite number, got ${x}`);
    numbers[i] = x;
  }
  return numbers;
}

/** The types of written numbers: rounding to the type, and the writer of one number. */
export const writtenTypes = {
  F64: {
    round: (x: number) => x,
    set: (view: DataView, offset: number, x: number) => view.setFloat64(offset, x, true),
  },
  F32: {
    round: Math.fround,
    set: (view: DataView, offset: number, x: number) => view.setFloat32(offset, x, true),
  },
  F16: {
    round: f16round,
    set: (view: DataView, offset: number, x: number) => setFloat16(view, offset, x, true),
  },
} as const;

export type WrittenType = keyof typeof writtenTypes;

/** Returns true if every number is exact in float32. */
export function areFloat32(numbers: Float64Array): boolean {
  return numbers.every((x) => Math.fround(x) === x);
}

/**
 * Writes `numbers` as float32 at `offset`.
 *
 * @param who format and tensor, for errors
 * @throws {RangeError} if a number is not exact in float32: a file must hold exactly its model
 */
export function encodeFloat32(
  bytes: DataView,
  offset: number,
  numbers: Float64Array,
  who: string,
): void {
  for (let i = 0; i < numbers.length; i++) {
    const x = numbers[i];
    if (Math.fround(x) !== x) {
      throw new RangeError(`${who}[${i}]: must be a float32 number, got ${x}; round it first`);
    }
    bytes.setFloat32(offset + 4 * i, x, true);
  }
}
