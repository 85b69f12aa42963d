/**
 * Correct engines in float64 of models with RMSNorm, RoPE and SwiGLU, which differ in the order of
 * sums, in what they fuse, in their attention, their cache and their prefill.
 */
import { checkAppend, checkRewind } from "../../src/decoder.ts";
import type { Model } from "../../src/model/model.ts";
import type { LayerWeights } from "../../src/model/weights.ts";
import type { Engine, EngineSequence } from "../../src/subjects/define-subject.ts";
import { type Cache, ListCache } from "./caches.ts";
import { forwards, type Sum } from "./sums.ts";

export interface Choices {
  readonly sum?: Sum;
  /** True if one product computes q, k and v, and another one gate and up. */
  readonly fused?: boolean;
  /** Number of positions of a tile of attention with a running maximum; all by default. */
  readonly tile?: number;
  /** Number of tokens that pass through a layer at once; all of a call by default. */
  readonly chunk?: number;
  /** Returns the cache of one layer. */
  readonly cache?: (model: Model) => Cache;
}

type Row = Float64Array;

/** Returns the engine of a model without biases. */
export function llamaEngine(model: Model, choices: Choices = {}): Engine {
  const { config } = model;
  const run = passOf(model, choices);
  const makeCache = choices.cache ?? (() => new ListCache());
  const empty = () => Array.from({ length: config.numHiddenLayers }, () => makeCache(model));

  const sequence = (given: readonly number[], start: Cache[]): EngineSequence => {
    let [held, caches] = [[...given], start];
    const extend = (tokens: readonly number[]): Row[] => {
      const size = choices.chunk ?? tokens.length;
      const rows: Row[] = [];
      for (let from = 0; from < tokens.length; from += size) {
        const chunk = tokens.slice(from, from + size);
        rows.push(...run.hidden(chunk, caches, held.length));
        held.push(...chunk);
      }
      return rows;
    };
    const shorter = (length: number) => {
      const copies = caches.map((cache) => cache.copy(length));
      return copies.includes(null) ? null : (copies as Cache[]);
    };
    return {
      get length() {
        return held.length;
      },
      append(tokens) {
        checkAppend(config, held.length, tokens);
        return run.logits(extend(tokens).at(-1)!);
      },
      appendAll(tokens) {
        checkAppend(config, held.length, tokens);
        return extend(tokens).map(run.logits);
      },
      rewind(length) {
        checkRewind(held.length, length);
        const [kept, left] = [held.slice(0, length), shorter(length)];
        [held, caches] = [left === null ? [] : kept, left ?? empty()];
        if (left === null && length > 0) extend(kept);
      },
      fork: () => sequence(held, shorter(held.length)!),
    };
  };
  return { start: () => sequence([], empty()) };
}

/** Returns the forward pass of one model: to the last hidden states, and from one to its logits. */
function passOf({ config, weights }: Model, { sum = forwards, fused = false, tile }: Choices) {
  const { hiddenSize: D, headDim: H, normEps, ropeTheta, slidingWindow } = config;
  const { numAttentionHeads: N, numKeyValueHeads: K, maxPositionEmbeddings: P } = config;

  const times = (matrix: Row, x: Row): Row => {
    const terms = new Float64Array(x.length);
    return Float64Array.from({ length: matrix.length / x.length }, (_, o) => {
      for (let i = 0; i < x.length; i++) terms[i] = matrix[o * x.length + i] * x[i];
      return sum(terms, 0, x.length);
    });
  };
  /** The products of several matrices with one row: one after the other, or as one matrix. */
  const products = (matrices: readonly Row[], x: Row): Row[] => {
    if (!fused) return matrices.map((matrix) => times(matrix, x));
    const all = times(Float64Array.from(matrices.flatMap((matrix) => [...matrix])), x);
    let end = 0;
    return matrices.map(({ length }) => {
      const start = end;
      end += length / x.length;
      return all.slice(start, end);
    });
  };
  const norm = (x: Row, gain: Row): Row => {
    const square = sum(
      x.map((value) => value * value),
      0,
      x.length,
    );
    const root = Math.sqrt(square / x.length + normEps);
    return x.map((value, i) => (value / root) * gain[i]);
  };
  const rotate = (x: Row, position: number): Row =>
    x.map((value, j) => {
      const i = j % H;
      const angle = position * ropeTheta ** ((-2 * (i % (H / 2))) / H);
      const partner = i < H / 2 ? -x[j + H / 2] : x[j - H / 2];
      return value * Math.cos(angle) + partner * Math.sin(angle);
    });

  /** The weighted sum of values of every head, in tiles that rescale a running sum. */
  const attend = (query: Row, cache: Cache, position: number): Row => {
    const first = Math.max(0, position + 1 - (slidingWindow ?? P));
    const mixed = new Float64Array(N * H);
    const terms = new Float64Array(Math.max(H, position + 1 - first));
    for (let n = 0; n < N; n++) {
      const from = Math.floor(n / (N / K)) * H;
      let [most, total] = [Number.NEGATIVE_INFINITY, 0];
      for (let start = first; start <= position; start += tile ?? P) {
        const end = Math.min(position + 1, start + (tile ?? P));
        const scores = Array.from({ length: end - start }, (_, s) => {
          const { key } = cache.at(start + s);
          for (let h = 0; h < H; h++) terms[h] = query[n * H + h] * key[from + h];
          return sum(terms, 0, H) / Math.sqrt(H);
        });
        const largest = scores.reduce((a, b) => Math.max(a, b), most);
        const [scale, powers] = [
          Math.exp(most - largest),
          scores.map((x) => Math.exp(x - largest)),
        ];
        terms.set(powers);
        total = total * scale + sum(terms, 0, powers.length);
        for (let h = 0; h < H; h++) {
          for (const [s, power] of powers.entries()) {
            terms[s] = power * cache.at(start + s).value[from + h];
          }
          mixed[n * H + h] = mixed[n * H + h] * scale + sum(terms, 0, powers.length);
        }
        most = largest;
      }
      for (let h = 0; h < H; h++) mixed[n * H + h] /= total;
    }
    return mixed;
  };

  const feedForward = (layer: LayerWeights, x: Row): Row => {
    const inner = norm(x, layer.postAttentionLayernorm.weight);
    const [gate, up] = products([layer.gateProj!.weight, layer.upProj.weight], inner);
    return times(
      layer.downProj.weight,
      gate.map((g, f) => (g / (1 + Math.exp(-g))) * up[f]),
    );
  };

  const block = (layer: LayerWeights, cache: Cache, xs: readonly Row[], start: number): Row[] => {
    const matrices = [layer.qProj.weight, layer.kProj.weight, layer.vProj.weight];
    const queries = xs.map((x, i) => {
      const [query, key, value] = products(matrices, norm(x, layer.inputLayernorm.weight));
      cache.put(start + i, { key: rotate(key, start + i), value });
      return rotate(query, start + i);
    });
    return xs.map((x, i) => {
      const out = times(layer.oProj.weight, attend(queries[i], cache, start + i));
      const middle = x.map((value, d) => value + out[d]);
      const down = feedForward(layer, middle);
      return middle.map((value, d) => value + down[d]);
    });
  };

  return {
    hidden: (tokens: readonly number[], caches: readonly Cache[], start: number): Row[] =>
      weights.layers.reduce<Row[]>(
        (xs, layer, l) => block(layer, caches[l], xs, start),
        tokens.map((token) => weights.embedTokens.slice(token * D, (token + 1) * D)),
      ),
    logits: (x: Row): Row => times(weights.lmHead.weight, norm(x, weights.norm!.weight)),
  };
}
