import type { LayerCache } from "../math/attention.ts";
import type { ModelConfig } from "../model/config.ts";

/**
 * The keys and values of every token held, for every layer, allocated once for P tokens.
 *
 * The sequence keeps the number of tokens, not the cache. Rewinding is therefore free, and memory
 * beyond the sequence's length is never read.
 */
export class KvCache {
  readonly layers: readonly LayerCache[];
  readonly #headDim: number;

  constructor({ numHiddenLayers, numKeyValueHeads, headDim, maxPositionEmbeddings }: ModelConfig) {
    const capacity = maxPositionEmbeddings;
    const size = numKeyValueHeads * capacity * headDim;
    this.#headDim = headDim;
    this.layers = Array.from({ length: numHiddenLayers }, () => ({
      keys: new Float64Array(size),
      values: new Float64Array(size),
      capacity,
    }));
  }

  /** Stores one token's keys and values, each `[K * H]`, in the cache of one layer. */
  write(layer: number, index: number, key: Float64Array, value: Float64Array): void {
    const { keys, values, capacity } = this.layers[layer];
    const H = this.#headDim;
    for (let from = 0, to = index * H; from < key.length; from += H, to += capacity * H) {
      for (let h = 0; h < H; h++) {
        keys[to + h] = key[from + h];
        values[to + h] = value[from + h];
      }
    }
  }

  /** Copies the first `length` tokens of every layer from another cache of the same shape. */
  copyFrom(other: KvCache, length: number): void {
    const H = this.#headDim;
    for (const [l, { keys, values, capacity }] of this.layers.entries()) {
      const source = other.layers[l];
      for (let start = 0; start < keys.length; start += capacity * H) {
        keys.set(source.keys.subarray(start, start + length * H), start);
        values.set(source.values.subarray(start, start + length * H), start);
      }
    }
  }

  /** Overwrites all but the first `length` tokens of every layer with NaN. */
  poison(length: number): void {
    const H = this.#headDim;
    for (const { keys, values, capacity } of this.layers) {
      for (let start = 0; start < keys.length; start += capacity * H) {
        keys.fill(Number.NaN, start + length * H, start + capacity * H);
        values.fill(Number.NaN, start + length * H, start + capacity * H);
      }
    }
  }
}
