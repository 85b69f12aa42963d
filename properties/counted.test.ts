/**
 * Counted equals derived: every multiply-add of a run and every byte of its cache, against closed
 * forms of the configuration.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { configs } from "../src/arbitraries/configs.ts";
import { generationFlops, passFlops } from "../src/cost/flops.ts";
import { kvBytes, kvBytesPerToken } from "../src/cost/memory.ts";
import { forward } from "../src/definition.ts";
import { countingArithmetic } from "../src/math/arithmetic.ts";
import { standardAttention } from "../src/math/attention.ts";
import type { ModelConfig } from "../src/model/config.ts";
import { type Linear, randomWeights, type Weights } from "../src/model/weights.ts";
import { ReferencePass } from "../src/reference/forward.ts";
import { KvCache } from "../src/reference/kv-cache.ts";
import { greedy } from "../src/sampling/greedy.ts";
import { property, seed } from "./support.ts";

/** A configuration with or without a window, and a generation that fits. */
const cases = fc
  .record({
    drawn: configs(),
    slidingWindow: fc.option(fc.integer({ min: 1, max: 6 }), { freq: 2 }),
    prompt: fc.nat({ max: 40 }),
    newTokens: fc.nat({ max: 40 }),
  })
  .map(({ drawn, slidingWindow, prompt, newTokens }) => {
    const config: ModelConfig = { ...drawn, slidingWindow };
    const P = config.maxPositionEmbeddings;
    const promptLength = 1 + (prompt % Math.min(P, 8));
    const room = Math.min(P - promptLength + 1, 6);
    return { config, promptLength, newTokens: 1 + (newTokens % room) };
  });

test("the cases include windows shorter than the text, and no window", () => {
  const drawn = fc.sample(cases, { seed, numRuns: 1000 });
  const cut = drawn.filter(({ config: { slidingWindow }, promptLength, newTokens }) => {
    return slidingWindow !== null && slidingWindow < promptLength + newTokens - 1;
  });
  expect(cut.length).toBeGreaterThan(200);
  expect(drawn.filter(({ config }) => config.slidingWindow === null).length).toBeGreaterThan(200);
});

const promptOf = ({ vocabSize }: ModelConfig, length: number) =>
  Array.from({ length }, (_, t) => (3 * t + 1) % vocabSize);

/** Twice the multiply-adds of the definition on the tokens. */
function countedFlops(config: ModelConfig, weights: Weights, tokens: readonly number[]): bigint {
  const arithmetic = countingArithmetic();
  forward(config, weights, tokens, arithmetic);
  return 2n * arithmetic.count();
}

describe("the definition", () => {
  property(
    "makes the multiply-adds of the cost model for a pass with all logits",
    cases,
    ({ config, promptLength: n }) => {
      const counted = countedFlops(config, randomWeights(config, 1), promptOf(config, n));
      expect(counted).toBe(passFlops(config, { newTokens: n, headRows: n }));
    },
    1000,
  );

  property(
    "makes those of naive generation, with all logits of each pass",
    cases,
    ({ config, promptLength, newTokens }) => {
      const weights = randomWeights(config, 1);
      let counted = 0n;
      for (let made = 0; made < newTokens; made++) {
        counted += countedFlops(config, weights, promptOf(config, promptLength + made));
      }
      const generation = { promptLength, newTokens, mode: "naive", head: "all" } as const;
      expect(counted).toBe(generationFlops(config, generation));
    },
    300,
  );
});

/** Counts of reads and writes of arrays, as a measure of multiply-adds and of the cache. */
class Watch {
  reads = 0n;
  writes = 0n;

  /** Returns the same numbers, with counted accesses. */
  array(numbers: Float64Array): Float64Array {
    const isElement = (key: string | symbol) =>
      typeof key === "string" && key[0] >= "0" && key[0] <= "9";
    return new Proxy(numbers, {
      get: (target, key) => {
        if (isElement(key)) this.reads++;
        return Reflect.get(target, key, target);
      },
      set: (target, key, value) => {
        if (isElement(key)) this.writes++;
        return Reflect.set(target, key, value, target);
      },
    });
  }
}

/** Weights with counted matrices; biases, norms and the embedding are in no product. */
function watchedWeights(weights: Weights, watch: Watch): Weights {
  const watched = (linear: Linear): Linear => ({ ...linear, weight: watch.array(linear.weight) });
  return {
    ...weights,
    layers: weights.layers.map((layer) => ({
      ...layer,
      qProj: watched(layer.qProj),
      kProj: watched(layer.kProj),
      vProj: watched(layer.vProj),
      oProj: watched(layer.oProj),
      gateProj: layer.gateProj && watched(layer.gateProj),
      upProj: watched(layer.upProj),
      downProj: watched(layer.downProj),
    })),
    lmHead: watched(weights.lmHead),
  };
}

/**
 * The forward pass of the reference, with counted reads: each multiply-add reads one entry of a
 * matrix, a key or a value, and they are not read otherwise.
 */
function watchedReference(config: ModelConfig) {
  const products = new Watch();
  const cached = new Watch();
  const weights = watchedWeights(randomWeights(config, 1), products);
  const attention = standardAttention(config.maxPositionEmbeddings);
  const pass = new ReferencePass(config, weights, attention);
  const start = () => {
    const cache = new KvCache(config);
    const layers = cache.layers.map(({ keys, values, capacity }) => {
      return { keys: cached.array(keys), values: cached.array(values), capacity };
    });
    return Object.assign(cache, { layers });
  };
  const flops = () => 2n * (products.reads + cached.reads);
  return { pass, start, flops, cacheBytes: () => 8n * cached.writes };
}

describe("the reference decoder", () => {
  property(
    "makes the multiply-adds of the cost model in naive generation",
    cases,
    ({ config, promptLength, newTokens }) => {
      const { pass, start, flops } = watchedReference(config);
      const held = promptOf(config, promptLength);
      for (let made = 0; made < newTokens; made++) {
        const cache = start();
        for (const [position, token] of held.entries()) pass.step(cache, token, position, position);
        held.push(greedy(pass.logits()));
      }
      const generation = { promptLength, newTokens, mode: "naive" } as const;
      expect(flops()).toBe(generationFlops(config, generation));
    },
    300,
  );

  property(
    "makes those of cached generation, and writes the bytes of keys and values",
    cases,
    ({ config, promptLength, newTokens }) => {
      const { pass, start, flops, cacheBytes } = watchedReference(config);
      const cache = start();
      const held = promptOf(config, promptLength);
      for (let position = 0; position < promptLength + newTokens - 1; position++) {
        pass.step(cache, held[position], position, position);
        if (position >= promptLength - 1) held.push(greedy(pass.logits()));
      }
      const longest = promptLength + newTokens - 1;
      const generation = { promptLength, newTokens, mode: "cached" } as const;
      expect(flops()).toBe(generationFlops(config, generation));
      const onePass = passFlops(config, { newTokens: longest, headRows: newTokens });
      expect(flops()).toBe(onePass);
      const everything = { ...config, slidingWindow: null };
      expect(cacheBytes()).toBe(kvBytes(everything, longest, 8));
    },
    1000,
  );

  property(
    "allocates a cache of the bytes of its whole context",
    configs(),
    (config) => {
      const arrays = new KvCache(config).layers.flatMap(({ keys, values }) => [keys, values]);
      const bytes = arrays.reduce((sum, { byteLength }) => sum + BigInt(byteLength), 0n);
      const context = config.maxPositionEmbeddings;
      expect(bytes).toBe(kvBytesPerToken(config, 8) * BigInt(context));
      expect(bytes).toBe(kvBytes({ ...config, slidingWindow: null }, context, 8));
    },
    1000,
  );
});

test("the counter counts every read and write of an element, and nothing else", () => {
  const watch = new Watch();
  const array = watch.array(Float64Array.of(1, 2, 3));
  expect(array.length).toBe(3);
  array[1] = array[0] + array[2];
  expect([watch.reads, watch.writes]).toEqual([2n, 1n]);
});
