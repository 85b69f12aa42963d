import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { isObject, readJsonObject } from "../io/json.ts";
import type { TensorSource } from "../model/weights.ts";
import { readSafetensors } from "./safetensors.ts";

const WHOLE = "model.safetensors";
const INDEX = "model.safetensors.index.json";

/** What older checkpoints store and a program computes anew: masks, and RoPE's frequencies. */
const buffers = /(^|\.)(h\.\d+\.attn\.(bias|masked_bias)|rotary_emb\.inv_freq)$/;

interface StoredTensor {
  /** The file and the tensor, as an error names them. */
  readonly who: string;
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** The tensors of a folder, in `model.safetensors` or in the files that its index names. */
export class TensorFolder {
  readonly #folder: string;
  readonly #tensors: ReadonlyMap<string, StoredTensor>;
  readonly #taken = new Set<string>();

  private constructor(folder: string, tensors: ReadonlyMap<string, StoredTensor>) {
    this.#folder = folder;
    this.#tensors = tensors;
  }

  /**
   * @param prefix is left out of the tensors' names where they have it
   * @throws {Error} naming the file, when there is none, it is damaged, or two hold one name
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

  /** How many tensors there are. */
  get size(): number {
    return this.#tensors.size;
  }

  /** The numbers of one tensor, which then counts as taken. */
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
   * Takes a tensor that need not be there, as a tied head that is written out beside the embedding.
   *
   * @throws {RangeError} when it is there and differs from `expected`
   */
  takeCopy(name: string, shape: readonly number[], expected: Float64Array): void {
    if (!this.#tensors.has(name)) return;
    const copy = this.take(name, shape);
    if (copy.some((x, i) => x !== expected[i])) {
      throw new RangeError(`${this.#tensors.get(name)!.who}: must equal what it is tied to`);
    }
  }

  /** @throws {RangeError} when a tensor was not taken: the model is more than its configuration */
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
