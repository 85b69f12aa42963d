/** Engines with separate code, for the models that they can compute. */
import type { Fixed } from "../../src/arbitraries/configs.ts";
import type { Model } from "../../src/model/model.ts";
import { defineSubject } from "../../src/subjects/define-subject.ts";
import { PagedCache, PagePool, RingCache } from "./caches.ts";
import { float32Engine } from "./float32-engine.ts";
import { type Choices, llamaEngine } from "./llama-engine.ts";
import { compensated, lanes, pairwise, reversed } from "./sums.ts";
import type { Variant } from "./variant.ts";

/** The configuration that these engines cannot choose. */
const llama: Fixed = {
  ...{ norm: "rmsnorm", finalNorm: true, qkNorm: false, feedForward: "swiglu" },
  ...{ positions: "rope", ropeLayout: "half-split", partialRotaryFactor: 1, ropeScaling: null },
  ...{ attentionBias: false, attentionOutputBias: false, mlpBias: false, lmHeadBias: false },
};

const capabilities = ["all-rows", "rewind", "fork"] as const;

/** Tokens that the engine with a ring passes through a layer at once. */
const ringChunk = 4;

const ring = ({ config }: Model) =>
  new RingCache((config.slidingWindow ?? config.maxPositionEmbeddings) + ringChunk);

/** The pools of pages: one for each model. */
const pools = new WeakMap<Model, PagePool>();

function paged(model: Model): PagedCache {
  const pool = pools.get(model) ?? new PagePool(4);
  pools.set(model, pool);
  return new PagedCache(pool);
}

const choices: Readonly<Record<string, Choices & { readonly why: string }>> = {
  "own engine": { why: "other code for the same equations" },
  "reversed sums": { sum: reversed, why: "addition is commutative" },
  "pairwise sums": { sum: pairwise, why: "addition is associative but for rounding" },
  "compensated sums": { sum: compensated, why: "Kahan's sum has less rounding" },
  "sums in four lanes": { sum: lanes, why: "a vector register adds four sums at once" },
  "fused products": { fused: true, why: "rows of a matrix do not depend on each other" },
  "tiled attention": { tile: 16, why: "softmax in tiles, with a running maximum" },
  "tiles of one position": { tile: 1, why: "online softmax, one position at a time" },
  "prefill in chunks of 16": { chunk: 16, why: "a chunk sees the cache of those before it" },
  "prefill in chunks of 64": { chunk: 64, sum: lanes, why: "the same, with other sums" },
  "ring cache": { chunk: ringChunk, cache: ring, why: "entries before the window are never read" },
  "paged cache": { cache: paged, why: "a table of pages gives the same keys and values" },
};

export const engines: readonly Variant[] = [
  ...Object.entries(choices).map(([name, { why, ...given }]) => ({
    why,
    subject: defineSubject({
      ...{ name, capabilities, only: llama, arithmetic: "independent-float64" },
      build: (model) => llamaEngine(model, given),
    }),
  })),
  {
    why: "float32 with fused attention, and sums in an order that depends on the call",
    subject: defineSubject({
      ...{ name: "float32 engine", capabilities, arithmetic: "float32" },
      only: { ...llama, slidingWindow: null },
      build: (model) => float32Engine(model),
    }),
  },
];
