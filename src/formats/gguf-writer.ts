import type { Tensor } from "../model/weights.ts";
import { encodeFloat32 } from "./floats.ts";
import {
  ARRAY,
  DEFAULT_ALIGNMENT,
  MAGIC,
  STRING,
  scalarTypes,
  type TensorType,
  tensorTypes,
} from "./gguf-types.ts";
import { encodeFloat16, encodeQ8_0 } from "./quantised.ts";

const VERSION = 3;

/** The types of written values. */
type WrittenType = "UINT32" | "INT32" | "FLOAT32" | "STRING";

/** A named value; a list becomes an array of the type. */
export type Entry = readonly [
  key: string,
  type: WrittenType,
  value: number | string | readonly (number | string)[],
];

export type TypedTensor = Tensor & { readonly type: TensorType };

const encoders = { F32: encodeFloat32, F16: encodeFloat16, Q8_0: encodeQ8_0 };

/**
 * Returns a GGUF file, version 3, with values and tensors in the given order; every tensor begins
 * at a multiple of 32 bytes, and the file ends at one.
 *
 * @throws {RangeError} `GGUF: NAME[i]: …` on a number that the type of its tensor cannot represent
 */
export function ggufBytes(values: readonly Entry[], tensors: readonly TypedTensor[]): Uint8Array {
  const parts = [uint32(MAGIC), uint32(VERSION), uint64(tensors.length), uint64(values.length)];
  for (const entry of values) parts.push(...entryParts(entry));
  let size = 0;
  for (const { name, shape, type, data } of tensors) {
    const extents = shape.toReversed().map(uint64);
    parts.push(string(name), uint32(shape.length), ...extents);
    parts.push(uint32(tensorTypes[type].id), uint64(size));
    size += aligned(bytesOf(type, data.length));
  }
  const header = Buffer.concat(parts);
  const file = new Uint8Array(aligned(header.length) + size);
  file.set(header);
  const view = new DataView(file.buffer);
  let offset = aligned(header.length);
  for (const { name, type, data } of tensors) {
    encoders[type](view, offset, data, `GGUF: ${name}`);
    offset += aligned(bytesOf(type, data.length));
  }
  return file;
}

function bytesOf(type: TensorType, length: number): number {
  const { numbers, bytes } = tensorTypes[type];
  return (length / numbers) * bytes;
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / DEFAULT_ALIGNMENT) * DEFAULT_ALIGNMENT;
}

function entryParts([key, type, value]: Entry): Buffer[] {
  const id = type === "STRING" ? STRING : scalarTypes[type].id;
  if (!Array.isArray(value)) {
    return [string(key), uint32(id), scalar(type, value as number | string)];
  }
  const elements = value.map((element) => scalar(type, element));
  return [string(key), uint32(ARRAY), uint32(id), uint64(value.length), ...elements];
}

function scalar(type: WrittenType, value: number | string): Buffer {
  if (type === "STRING") return string(String(value));
  const bytes = Buffer.alloc(4);
  if (type === "UINT32") bytes.writeUInt32LE(Number(value));
  else if (type === "INT32") bytes.writeInt32LE(Number(value));
  else bytes.writeFloatLE(Number(value));
  return bytes;
}

function uint32(value: number): Buffer {
  return scalar("UINT32", value);
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function string(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([uint64(bytes.length), bytes]);
}
