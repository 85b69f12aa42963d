/** Numbers as they lie in files, little-endian on every machine. */
import { f16round, getFloat16, setFloat16 } from "@petamoriken/float16";

/** The bytes of one number, and how one is read, by the type's name in safetensors. */
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
 * The numbers of `bytes`, each exactly.
 *
 * @param who names the file and the tensor in the error
 * @throws {RangeError} when a number is NaN or infinite: no model holds such a weight
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

/** The types that numbers are written as: the nearest number of the type, and how it is set. */
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

/** Whether every number is a float32, so that nothing is lost in a file of that width. */
export function areFloat32(numbers: Float64Array): boolean {
  return numbers.every((x) => Math.fround(x) === x);
}

/**
 * Writes `numbers` as float32 from `offset` on.
 *
 * @param who names the format and the tensor in the error
 * @throws {RangeError} when a number is not a float32: a file must hold the model that it was given
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
