/**
 * safetensors: an 8-byte length, a JSON header of that length with each tensor's type, shape and
 * offsets, then the numbers. Everything little-endian.
 *
 * @see github.com/huggingface/safetensors, "Format"
 */
import { BinaryFile } from "../io/binary-file.ts";
import { writeWhole } from "../io/files.ts";
import { isObject, parseJsonObject } from "../io/json.ts";
import type { Tensor } from "../model/weights.ts";
import {
  areFloat32,
  bytesPerElement,
  decodeFloats,
  type FloatType,
  floatTypes,
  type WrittenType,
  writtenTypes,
} from "./floats.ts";

/** A longer header is refused before it is read, as in the original implementation. */
const MAX_HEADER_BYTES = 100_000_000;

/** Types that are not read as weights; only their sizes are used. */
const otherBytes: Readonly<Record<string, number>> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  U16: 2,
  I16: 2,
  U32: 4,
  I32: 4,
  U64: 8,
  I64: 8,
};

interface Entry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Offsets of the first byte and of the one after the last, from the end of the header. */
  readonly begin: number;
  readonly end: number;
}

/**
 * Reads the tensors of a file in the order of their offsets, as float64: F64, F32, F16 and BF16 are
 * exact.
 *
 * @param skip returns true for names of tensors not to be read, of any type
 * @throws {Error} with the file and the tensor, on a header that is too long, not JSON or not
 *   valid; offsets outside the file, overlapping or with gaps; a size that is not shape x type;
 *   numbers of another type, NaN or infinite
 */
export async function readSafetensors(
  path: string,
  skip: (name: string) => boolean = () => false,
): Promise<Tensor[]> {
  await using file = await BinaryFile.open(path);
  const { entries, start } = await readHeader(file);
  const tensors: Tensor[] = [];
  for (const { name, dtype, shape, begin, end } of entries) {
    if (skip(name)) continue;
    const who = `${path}: ${name}`;
    if (!isFloatType(dtype)) {
      throw new RangeError(`${who}: dtype must be one of ${floatTypes.join(", ")}, got ${dtype}`);
    }
    const bytes = await file.read(start + begin, end - begin, name);
    tensors.push({ name, shape, data: decodeFloats(bytes, dtype, who) });
  }
  return tensors;
}

function isFloatType(dtype: string): dtype is FloatType {
  return (floatTypes as readonly string[]).includes(dtype);
}

async function readHeader(file: BinaryFile): Promise<{ entries: Entry[]; start: number }> {
  const { path, size } = file;
  const length = Number((await file.read(0, 8, "the header's length")).getBigUint64(0, true));
  const limit = Math.min(MAX_HEADER_BYTES, size - 8);
  if (length > limit) {
    throw new RangeError(`${path}: the header must have at most ${limit} bytes, got ${length}`);
  }
  const header = parseJsonObject(await file.read(8, length, "the header"), `${path}: the header`);
  const entries = Object.entries(header)
    .filter(([name]) => name !== "__metadata__")
    .map(([name, value]) => readEntry(name, value, `${path}: ${name}`))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkPlaces(path, entries, size - 8 - length);
  return { entries, start: 8 + length };
}

function readEntry(name: string, value: unknown, who: string): Entry {
  if (!isObject(value)) throw new RangeError(`${who}: must be an object, got ${value}`);
  const { dtype, shape, data_offsets: offsets } = value;
  const width = widthOf(dtype);
  if (width === null) {
    throw new RangeError(`${who}: dtype must be a type of safetensors, got ${dtype}`);
  }
  if (!isCounts(shape)) throw new RangeError(`${who}: shape must be a list of sizes, got ${shape}`);
  if (!isCounts(offsets) || offsets.length !== 2) {
    throw new RangeError(`${who}: data_offsets must be two places, got ${offsets}`);
  }
  const [begin, end] = offsets;
  const bytes = shape.reduce((product, extent) => product * extent, width);
  if (end - begin !== bytes) {
    const places = `data_offsets [${begin}, ${end}]`;
    throw new RangeError(`${who}: [${shape}] of ${dtype} must have ${bytes} bytes, got ${places}`);
  }
  return { name, dtype: dtype as string, shape, begin, end };
}

/** Returns the bytes of one number, or null if the format has no such type. */
function widthOf(dtype: unknown): number | null {
  if (typeof dtype !== "string") return null;
  if (isFloatType(dtype)) return bytesPerElement(dtype);
  return Object.hasOwn(otherBytes, dtype) ? otherBytes[dtype] : null;
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((x) => Number.isSafeInteger(x) && x >= 0);
}

/** Checks that consecutive tensors fill the file, without overlaps and gaps. */
function checkPlaces(path: string, entries: readonly Entry[], size: number): void {
  let end = 0;
  for (const entry of entries) {
    if (entry.begin !== end) {
      const must = `must begin at byte ${end}, where the tensor before it ends`;
      throw new RangeError(`${path}: ${entry.name}: ${must}, got ${entry.begin}`);
    }
    end = entry.end;
  }
  if (end !== size) {
    throw new RangeError(`${path}: the tensors must fill the file's ${size} bytes, got ${end}`);
  }
}

/**
 * Writes tensors, which {@link readSafetensors} reads exactly. The same tensors give the same
 * bytes: they are sorted by name.
 *
 * @param type of all numbers in the file; by default F32 if every number is a float32, else F64
 * @returns the written type
 * @throws {RangeError} on two tensors with one name, a size that does not match the shape, or a
 *   number that is NaN, infinite or not exact in the type; nothing is written
 */
export async function writeSafetensors(
  path: string,
  tensors: readonly Tensor[],
  type: WrittenType = smallestType(tensors),
): Promise<WrittenType> {
  await writeWhole(path, encodeSafetensors(tensors, type));
  return type;
}

/** F32 if every number is a float32, else F64. */
function smallestType(tensors: readonly Tensor[]): WrittenType {
  return tensors.every(({ data }) => areFloat32(data)) ? "F32" : "F64";
}

/** Returns the bytes of the file that {@link writeSafetensors} writes, and throws as it does. */
export function encodeSafetensors(
  tensors: readonly Tensor[],
  type: WrittenType = smallestType(tensors),
): Uint8Array {
  const sorted = tensors.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  checkTensors(sorted);
  checkType(sorted, type);
  const width = bytesPerElement(type);
  // Readers of PyTorch weights require this field.
  const header: [string, unknown][] = [["__metadata__", { format: "pt" }]];
  let size = 0;
  for (const { name, shape, data } of sorted) {
    const begin = size;
    size += data.length * width;
    header.push([name, { dtype: type, shape, data_offsets: [begin, size] }]);
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  // Padded with spaces to a multiple of 8.
  const length = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + length + size);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(length), true);
  bytes.fill(0x20, 8, 8 + length).set(json, 8);
  let offset = 8 + length;
  for (const { data } of sorted) {
    for (const x of data) {
      writtenTypes[type].set(view, offset, x);
      offset += width;
    }
  }
  return bytes;
}

function checkType(tensors: readonly Tensor[], type: WrittenType): void {
  const { round } = writtenTypes[type];
  for (const { name, data } of tensors) {
    const wrong = data.findIndex((x) => round(x) !== x);
    if (wrong < 0) continue;
    const got = `${data[wrong]}; round it first`;
    throw new RangeError(`safetensors: ${name}[${wrong}]: must be a number of ${type}, got ${got}`);
  }
}

function checkTensors(sorted: readonly Tensor[]): void {
  for (const [i, { name, shape, data }] of sorted.entries()) {
    const size = shape.reduce((product, extent) => product * extent, 1);
    const who = `safetensors: ${name}`;
    if (name === "__metadata__" || name === sorted[i + 1]?.name) {
      throw new RangeError(`${who}: must be the name of one tensor`);
    }
    if (data.length !== size) {
      throw new RangeError(`${who}: must be [${shape}], ${size} numbers, got ${data.length}`);
    }
    const wrong = data.findIndex((x) => !Number.isFinite(x));
    if (wrong >= 0) {
      throw new RangeError(`${who}[${wrong}]: must be a finite number, got ${data[wrong]}`);
    }
  }
}
