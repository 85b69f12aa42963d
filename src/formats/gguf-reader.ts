/**
 * The GGUF container: a header of named values and of tensors' names, shapes and offsets, then the
 * numbers. Their meaning is defined in gguf.ts.
 *
 * This project has a reader because that of `@huggingface/gguf` (0.4.6) reads zeros beyond the end
 * of a file, so that it accepts a truncated header.
 *
 * @see github.com/ggml-org/ggml, docs/gguf.md
 */
import { BinaryFile } from "../io/binary-file.ts";
import type { Tensor } from "../model/weights.ts";
import { decodeFloats } from "./floats.ts";
import {
  ARRAY,
  DEFAULT_ALIGNMENT,
  MAGIC,
  type ScalarType,
  STRING,
  scalarTypes,
  type TensorType,
  tensorTypes,
} from "./gguf-types.ts";
import { decodeQ8_0 } from "./quantised.ts";

/** Only the length of an array is kept: no array changes what a model computes. */
export type GgufValue = number | bigint | boolean | string | { readonly length: number };

export interface GgufFile {
  readonly values: ReadonlyMap<string, GgufValue>;
  readonly tensors: ReadonlyMap<string, Tensor>;
}

interface Place {
  readonly name: string;
  /** `[out, in]`; the file has the reverse order. */
  readonly shape: readonly number[];
  readonly type: TensorType;
  /** Offset in bytes, from the start of the file. */
  readonly offset: number;
  readonly bytes: number;
}

interface Header {
  readonly values: Map<string, GgufValue>;
  readonly places: readonly Place[];
}

/** The format's limits on names, in bytes. */
const MAX_KEY_BYTES = 65_535;
const MAX_NAME_BYTES = 64;
const MAX_DIMENSIONS = 4;
/** Longer than any chat template. */
const MAX_STRING_BYTES = 2 ** 24;
/** Smallest size of an entry in bytes, to check the count of entries. */
const MIN_VALUE_BYTES = 13;
const MIN_PLACE_BYTES = 24;

/** The header is longer than the bytes that were read. */
class Incomplete extends Error {}

/**
 * Reads a file of version 2 or 3, with exact numbers.
 *
 * @throws {RangeError} with the file and the byte or tensor, on a truncated or invalid header; two
 *   entries with one name; a tensor outside the file, overlapping another, or of a type other than
 *   F32, F16 or Q8_0; a number that is not finite
 */
export async function readGgufFile(path: string): Promise<GgufFile> {
  await using file = await BinaryFile.open(path);
  const { values, places } = await readHeader(file);
  checkPlaces(file, places);
  const tensors = new Map<string, Tensor>();
  for (const { name, shape, type, offset, bytes } of places) {
    const view = await file.read(offset, bytes, name);
    const who = `${path}: ${name}`;
    const data = type === "Q8_0" ? decodeQ8_0(view, who) : decodeFloats(view, type, who);
    tensors.set(name, { name, shape, data });
  }
  return { values, tensors };
}

/** Reads the header, of unknown length: doubles the number of bytes until they hold it. */
async function readHeader(file: BinaryFile): Promise<Header> {
  for (let bytes = 2 ** 16; ; bytes *= 2) {
    const start = await file.read(0, Math.min(bytes, file.size), "the header");
    try {
      return new HeaderReader(file, start).read();
    } catch (error) {
      if (!(error instanceof Incomplete)) throw error;
    }
  }
}

function checkPlaces(file: BinaryFile, places: readonly Place[]): void {
  let end = 0;
  for (const { name, offset, bytes } of places.toSorted((a, b) => a.offset - b.offset)) {
    const got = `bytes [${offset}, ${offset + bytes})`;
    if (offset + bytes > file.size) {
      throw new RangeError(`${file.path}: ${name}: must end by byte ${file.size}, got ${got}`);
    }
    if (offset < end) {
      throw new RangeError(`${file.path}: ${name}: must begin after byte ${end}, got ${got}`);
    }
    end = offset + bytes;
  }
}

class HeaderReader {
  readonly #file: BinaryFile;
  readonly #view: DataView<ArrayBuffer>;
  #at = 0;

  constructor(file: BinaryFile, start: DataView<ArrayBuffer>) {
    this.#file = file;
    this.#view = start;
  }

  read(): Header {
    const magic = this.#number("UINT32", "the magic number");
    if (magic !== MAGIC) this.#fail("the file must begin with GGUF", `0x${magic.toString(16)}`);
    const version = this.#number("UINT32", "the version");
    if (version !== 2 && version !== 3) this.#fail("the version must be 2 or 3", version);
    const tensorCount = this.#count("the tensors", MIN_PLACE_BYTES);
    const valueCount = this.#count("the values", MIN_VALUE_BYTES);
    const values = this.#values(valueCount);
    const alignment = values.get("general.alignment") ?? DEFAULT_ALIGNMENT;
    if (typeof alignment !== "number" || alignment < 1 || 2 ** 31 % alignment !== 0) {
      return this.#fail("general.alignment must be a power of two", alignment);
    }
    return { values, places: this.#places(tensorCount, alignment) };
  }

  #values(count: number): Map<string, GgufValue> {
    const values = new Map<string, GgufValue>();
    for (let i = 0; i < count; i++) {
      const key = this.#string("a key", MAX_KEY_BYTES);
      if (values.has(key)) this.#fail("a key must be there once", key);
      values.set(key, this.#value(key));
    }
    return values;
  }

  #places(count: number, alignment: number): Place[] {
    const places = new Map<string, Place>();
    for (let i = 0; i < count; i++) {
      const place = this.#place(alignment);
      if (places.has(place.name)) this.#fail("a tensor must be there once", place.name);
      places.set(place.name, place);
    }
    // Offsets in the file are relative to the end of its header.
    const start = Math.ceil(this.#at / alignment) * alignment;
    return Array.from(places.values(), (place) => ({ ...place, offset: start + place.offset }));
  }

  #value(key: string): GgufValue {
    const type = this.#number("UINT32", `${key}'s type`);
    if (type === STRING) return this.#string(key, MAX_STRING_BYTES);
    if (type === ARRAY) return this.#array(key);
    const scalar = this.#scalarType(type, key);
    const value = this.#number(scalar, key);
    if (scalar !== "BOOL") return value;
    if (value !== 0 && value !== 1) this.#fail(`${key} must be a BOOL, 0 or 1`, value);
    return value === 1;
  }

  #array(key: string): GgufValue {
    const type = this.#number("UINT32", `${key}'s type`);
    if (type === STRING) {
      const length = this.#count(key, 8);
      for (let i = 0; i < length; i++) this.#skip(this.#count(`${key}[${i}]`, 1), key);
      return { length };
    }
    const { bytes } = scalarTypes[this.#scalarType(type, key)];
    const length = this.#count(key, bytes);
    this.#skip(length * bytes, key);
    return { length };
  }

  #scalarType(id: number | bigint, key: string): ScalarType {
    for (const [name, type] of Object.entries(scalarTypes)) {
      if (type.id === id) return name as ScalarType;
    }
    return this.#fail(`${key} must have a known type, and no arrays in arrays`, id);
  }

  #place(alignment: number): Place {
    const name = this.#string("a tensor's name", MAX_NAME_BYTES);
    const dimensions = Number(this.#number("UINT32", `${name}'s dimensions`));
    if (dimensions < 1 || dimensions > MAX_DIMENSIONS) {
      this.#fail(`${name} must have 1 to ${MAX_DIMENSIONS} dimensions`, dimensions);
    }
    const extents = Array.from({ length: dimensions }, () => this.#extent(name));
    const type = this.#tensorType(name);
    const { numbers, bytes } = tensorTypes[type];
    if (extents[0] % numbers !== 0) {
      this.#fail(`${name}'s rows must be a multiple of ${numbers} in ${type}`, extents[0]);
    }
    const offset = Number(this.#number("UINT64", `${name}'s offset`));
    if (offset % alignment !== 0) {
      this.#fail(`${name}'s offset must be a multiple of ${alignment}`, offset);
    }
    // A trailing extent of 1 has no meaning, and some writers omit it.
    while (extents.length > 1 && extents.at(-1) === 1) extents.pop();
    const size = extents.reduce((product, extent) => product * extent, 1);
    return { name, shape: extents.reverse(), type, offset, bytes: (size / numbers) * bytes };
  }

  #extent(name: string): number {
    const extent = Number(this.#number("UINT64", `${name}'s shape`));
    if (extent < 1) this.#fail(`${name}'s extents must be positive`, extent);
    return extent;
  }

  #tensorType(name: string): TensorType {
    const id = this.#number("UINT32", `${name}'s type`);
    for (const [type, { id: known }] of Object.entries(tensorTypes)) {
      if (known === id) return type as TensorType;
    }
    return this.#fail(`${name}'s type must be F32 (0), F16 (1) or Q8_0 (8)`, id);
  }

  #string(what: string, most: number): string {
    const length = this.#count(what, 1);
    if (length > most) this.#fail(`${what} must have at most ${most} bytes`, length);
    const from = this.#skip(length, what);
    const bytes = new Uint8Array(this.#view.buffer, from, length);
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      return this.#fail(`${what} must be UTF-8`, "other bytes");
    }
  }

  /** Reads a count of items of at least `bytes` each, no more than fit in the file. */
  #count(what: string, bytes: number): number {
    const count = Number(this.#number("UINT64", `the count of ${what}`));
    const most = Math.floor((this.#file.size - this.#at) / bytes);
    if (count > most) this.#fail(`${what} must be at most the ${most} that fit in the file`, count);
    return count;
  }

  #number(type: ScalarType, what: string): number | bigint {
    const { bytes, read } = scalarTypes[type];
    return read(this.#view, this.#skip(bytes, what));
  }

  /** Skips `bytes` and returns their offset. */
  #skip(bytes: number, what: string): number {
    const from = this.#at;
    const end = from + bytes;
    if (end > this.#file.size) {
      this.#fail(`${what} must end by byte ${this.#file.size}, where the file does`, end);
    }
    if (end > this.#view.byteLength) throw new Incomplete();
    this.#at = end;
    return from;
  }

  #fail(must: string, got: unknown): never {
    const words = typeof got === "object" ? JSON.stringify(got) : got;
    throw new RangeError(`${this.#file.path}: at byte ${this.#at}: ${must}, got ${words}`);
  }
}
