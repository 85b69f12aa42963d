/**
 * The types of GGUF by their numbers, little-endian.
 *
 * @see github.com/ggml-org/ggml, docs/gguf.md
 */

/** `GGUF` as a number. */
export const MAGIC = 0x46554747;
/** Default alignment of tensors, in bytes. */
export const DEFAULT_ALIGNMENT = 32;

/** The types of tensors: numbers in a block, and bytes of a block. */
export const tensorTypes = {
  F32: { id: 0, numbers: 1, bytes: 4 },
  F16: { id: 1, numbers: 1, bytes: 2 },
  Q8_0: { id: 8, numbers: 32, bytes: 34 },
} as const;

export type TensorType = keyof typeof tensorTypes;

/** The types of values with a fixed size; BOOL is read as a number. */
export const scalarTypes = {
  UINT8: { id: 0, bytes: 1, read: (view: DataView, from: number) => view.getUint8(from) },
  INT8: { id: 1, bytes: 1, read: (view: DataView, from: number) => view.getInt8(from) },
  UINT16: { id: 2, bytes: 2, read: (view: DataView, from: number) => view.getUint16(from, true) },
  INT16: { id: 3, bytes: 2, read: (view: DataView, from: number) => view.getInt16(from, true) },
  UINT32: { id: 4, bytes: 4, read: (view: DataView, from: number) => view.getUint32(from, true) },
  INT32: { id: 5, bytes: 4, read: (view: DataView, from: number) => view.getInt32(from, true) },
  FLOAT32: { id: 6, bytes: 4, read: readFloat32 },
  BOOL: { id: 7, bytes: 1, read: (view: DataView, from: number) => view.getUint8(from) },
  UINT64: { id: 10, bytes: 8, read: readUint64 },
  INT64: { id: 11, bytes: 8, read: readInt64 },
  FLOAT64: {
    id: 12,
    bytes: 8,
    read: (view: DataView, from: number) => view.getFloat64(from, true),
  },
} as const;

export type ScalarType = keyof typeof scalarTypes;

export const STRING = 8;
export const ARRAY = 9;

function readFloat32(view: DataView, from: number): number {
  return shortestDecimal(view.getFloat32(from, true));
}

/**
 * Returns the decimal with the fewest digits that rounds to a float32: an epsilon of 1e-5 is stored
 * as 9.999999747378752e-6, and is read as 1e-5.
 */
export function shortestDecimal(float32: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const decimal = Number(float32.toPrecision(digits));
    if (Object.is(Math.fround(decimal), float32)) return decimal;
  }
  return float32;
}

function readUint64(view: DataView, from: number): number | bigint {
  return exactNumber(view.getBigUint64(from, true));
}

function readInt64(view: DataView, from: number): number | bigint {
  return exactNumber(view.getBigInt64(from, true));
}

function exactNumber(integer: bigint): number | bigint {
  const number = Number(integer);
  return Number.isSafeInteger(number) ? number : integer;
}
