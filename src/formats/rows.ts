/**
 * Formats that store several tensors of a model in one, as GPT-2 does with q, k and v: tensors with
 * the same name in the file are consecutive rows of it.
 */
import type { ModelConfig } from "../model/config.ts";
import { buildWeights, type Tensor, type Weights } from "../model/weights.ts";

/**
 * Builds the weights of a configuration from a file's tensors, all of which must be used.
 *
 * @param stored the file's tensors by name; a matrix of one row may be stored as a vector
 * @param fileName returns the file's name of a tensor of the model
 * @throws {RangeError} `who: NAME: …` on a tensor that is missing, of another shape, or left over
 */
export function weightsFromRows(
  config: ModelConfig,
  stored: ReadonlyMap<string, Tensor>,
  fileName: (name: string) => string,
  who: string,
): Weights {
  const { numHiddenLayers: L } = config;
  if (L > stored.size)
    throw new RangeError(`${who}: must hold ${L} layers, got ${stored.size} tensors`);
  const used = new Map<string, number>();
  const weights = buildWeights(config, (name, shape) => {
    const from = fileName(name);
    const tensor = stored.get(from);
    if (tensor === undefined) {
      throw new RangeError(`${who}: ${from}: must be in the file, got no such tensor`);
    }
    const first = used.get(from) ?? 0;
    const end = first + shape.reduce((product, extent) => product * extent, 1);
    if (!sameWidth(tensor.shape, shape) || end > tensor.data.length) {
      throw new RangeError(`${who}: ${from}: must hold ${name}, [${shape}], got [${tensor.shape}]`);
    }
    used.set(from, end);
    return end - first === tensor.data.length ? tensor.data : tensor.data.slice(first, end);
  });
  for (const [name, { shape, data }] of stored) {
    const numbers = used.get(name) ?? 0;
    if (numbers !== data.length) {
      const must = numbers === 0 ? "must be a tensor of the model" : `must hold ${numbers} numbers`;
      throw new RangeError(`${who}: ${name}: ${must}, got [${shape}]`);
    }
  }
  return weights;
}

function sameWidth(stored: readonly number[], [, width]: readonly number[]): boolean {
  if (width === undefined) return stored.length === 1;
  return stored.length <= 2 && stored.at(-1) === width;
}

/** Returns a file's tensors from a model's: those with the same name in the file are joined. */
export function joinRows(tensors: readonly Tensor[], fileName: (name: string) => string): Tensor[] {
  const parts = Map.groupBy(tensors, ({ name }) => fileName(name));
  return Array.from(parts, ([name, tensors]) => {
    const rows = tensors.reduce((sum, { shape }) => sum + shape[0], 0);
    const size = tensors.reduce((sum, part) => sum + part.data.length, 0);
    const data = new Float64Array(size);
    let offset = 0;
    for (const part of tensors) {
      data.set(part.data, offset);
      offset += part.data.length;
    }
    return { name, shape: [rows, ...tensors[0].shape.slice(1)], data };
  });
}

/** A format's names of modules such as `lm_head` or `self_attn.q_proj`. */
export type ModuleNames = Readonly<Record<string, string>>;

/**
 * Returns a file's name of a tensor of the model, with its `weight` or `bias`.
 *
 * @param outside the names of modules outside the layers
 * @param layers the prefix of a layer's number, such as `blk`
 * @param inside the names of modules of a layer
 */
export function renamed(
  name: string,
  outside: ModuleNames,
  layers: string,
  inside: ModuleNames,
): string {
  const [, module, kind] = /^(.+)\.(weight|bias)$/.exec(name)!;
  const [, l, inner] = /^model\.layers\.(\d+)\.(.+)$/.exec(module) ?? [];
  return inner === undefined
    ? `${outside[module]}.${kind}`
    : `${layers}.${l}.${inside[inner]}.${kind}`;
}
