import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { isObject, readJsonObject } from "../io/json.ts";
import type { TensorSource } from "../model/weights.ts";
import { readSafetensors } from "./safetensors.ts";

const WHOLE = "model.safetensors";
const INDEX = "model.safetensors.index.json";

/** Buffers of older checkpoints, which are not weights: masks and frequencies of RoPE. */
const buffers = /(^|\.)(h\.\d+\.attn\.(bias|masked_bias)|rotary_emb\.inv_freq)$/;

interface StoredTensor {
  /** File and tensor, for errors. */
  readonly who: string;
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** The tensors of a folder, in `model.safetensors` or in the files of its index. */
export class TensorFolder {
  readonly #folder: string;
  readonly #tensors: ReadonlyMap<string, StoredTensor>;
  readonly #taken = new Set<string>();

  private constructor(folder: string, tensors: ReadonlyMap<string, StoredTensor>) {
    this.#folder = folder;
    this.#tensors = tensors;
  }

  /**
   * @param prefix an optional prefix of tensor names, which is removed
   * @throws {Error} with the file's path, if it is missing or damaged, or a name is in two files
   */
  static async open(folder: string, prefix: string): Promise<TensorFolder> {
    const tensors = new Map<string, StoredTensor>();
    for (const file of await filesOf(folder)) {
      const path = join(folder, file);
      for (const { name, shape, data } of await readSafetensors(path, (name) =>
        buffers.test(name),
      )) {
        const key = name.startsWith(prefix) ? name.slice(prefix.length) : name;
        const who = `${path}: ${name}`;
        const twin = tensors.get(key);
        if (twin !== undefined)
          throw new RangeError(`${who}: must be stored once, got ${twin.who}`);
        tensors.set(key, { who, shape, data });
      }
    }
    return new TensorFolder(folder, tensors);
  }

  /** Number of tensors. */
  get size(): number {
    return this.#tensors.size;
  }

  /** Returns the numbers of one tensor, and marks it as used. */
  take: TensorSource = (name, shape) => {
    const stored = this.#tensors.get(name);
    if (stored === undefined) {
      throw new RangeError(`${this.#folder}: must hold the tensor ${name}, [${shape}], got none`);
    }
    const { who, data } = stored;
    if (String(shape) !== String(stored.shape)) {
      throw new RangeError(`${who}: must be [${shape}], got [${stored.shape}]`);
    }
    this.#taken.add(name);
    return data;
  };

  /**
   * Uses an optional tensor, such as a tied head that is stored besides the embedding.
   *
   * @throws {RangeError} if it is present and differs from `expected`
   */
  takeCopy(name: string, shape: readonly number[], expected: Float64Array): void {
    if (!this.#tensors.has(name)) return;
    const copy = this.take(name, shape);
    if (copy.some((x, i) => x !== expected[i])) {
      throw new RangeError(`${this.#tensors.get(name)!.who}: must equal what it is tied to`);
    }
  }

  /** @throws {RangeError} if a tensor was not used: it does not belong to the configuration */
  checkAllTaken(): void {
    for (const [name, { who, shape }] of this.#tensors) {
      if (!this.#taken.has(name)) {
        throw new RangeError(`${who}: must be a tensor of this configuration, got [${shape}]`);
      }
    }
  }
}

async function filesOf(folder: string): Promise<string[]> {
  if (existsSync(join(folder, WHOLE))) return [WHOLE];
  const path = join(folder, INDEX);
  if (!existsSync(path)) throw new Error(`${folder}: must hold ${WHOLE} or ${INDEX}`);
  const { weight_map: map } = await readJsonObject(path);
  const files = isObject(map) ? [...new Set(Object.values(map))] : [];
  for (const file of files) {
    if (typeof file !== "string" || basename(file) !== file || file === "..") {
      throw new RangeError(`${path}: a file must be a name in this folder, got ${file}`);
    }
  }
  if (files.length === 0) throw new RangeError(`${path}: weight_map must name files`);
  return files as string[];
}
