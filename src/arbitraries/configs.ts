import fc from "fast-check";
import { type ModelConfig, modelConfig, type RopeScaling } from "../model/config.ts";

/**
 * Returns Llama 3's scaling for a model that was trained on this number of positions. Wavelengths
 * begin at 2 pi: with 16 positions none is short enough to be kept, with 32 the shortest is.
 */
const llama3Scaling = (originalMaxPositionEmbeddings: number): RopeScaling => ({
  ropeType: "llama3",
  factor: 4,
  lowFreqFactor: 1,
  highFreqFactor: 4,
  originalMaxPositionEmbeddings,
});

/**
 * The features of a case, drawn independently. A case shrinks to the first value of each. A feature
 * that is always on would hide bugs that need it off, and the reverse.
 */
const features = fc.record({
  norm: fc.constantFrom("rmsnorm" as const, "layernorm" as const),
  normEps: fc.constantFrom(1e-5, 0.1),
  finalNorm: fc.constantFrom(true, true, false),
  qkNorm: fc.constantFrom(false, false, true),
  positions: fc.constantFrom("rope", "rope", "rope", "learned", "sinusoidal", "none" as const),
  ropeTheta: fc.constantFrom(10_000, 100),
  ropeLayout: fc.constantFrom("half-split" as const, "interleaved" as const),
  partialRotaryFactor: fc.constantFrom(1, 1, 0.5),
  ropeScaling: fc.constantFrom(null, null, null, llama3Scaling(16), llama3Scaling(32)),
  slidingWindow: fc.option(fc.integer({ min: 1, max: 6 }), { freq: 2 }),
  feedForward: fc.constantFrom("swiglu", "swiglu", "gelu", "gelu_tanh", "relu" as const),
  attentionBias: fc.boolean(),
  attentionOutputBias: fc.boolean(),
  mlpBias: fc.boolean(),
  lmHeadBias: fc.boolean(),
  tieWordEmbeddings: fc.boolean(),
});

/** The fixed features of an engine, for example `{ norm: "rmsnorm", slidingWindow: null }`. */
export type Fixed = Partial<
  Omit<
    ModelConfig,
    "vocabSize" | "hiddenSize" | "intermediateSize" | "headDim" | `num${string}` | `max${string}`
  >
>;

const sizes = fc.record({
  layers: fc.integer({ min: 2, max: 3 }),
  kvHeads: fc.integer({ min: 1, max: 2 }),
  groupSize: fc.constantFrom(2, 3, 1),
  halfHead: fc.integer({ min: 1, max: 3 }),
  hidden: fc.integer({ min: 1, max: 12 }),
  intermediate: fc.integer({ min: 1, max: 12 }),
  vocab: fc.integer({ min: 2, max: 16 }),
  context: fc.integer({ min: 6, max: 24 }),
});

/**
 * Returns small configurations over the whole configuration space. Sizes and features are drawn
 * together and shrink together, to two layers of width one or two.
 *
 * V, D, F, P, N * H and K * H all differ (N * H and K * H if a group has several heads), so that a
 * wrong size or a transpose is detected. There are always at least two layers, because with one
 * layer the last position does not depend on a broken mask.
 *
 * @param only fixed features, which are not drawn
 */
export function configs(only: Fixed = {}): fc.Arbitrary<ModelConfig> {
  return fc.tuple(sizes, features).map(([size, drawn]) => {
    const feature = { ...drawn, ...only };
    const quarters = feature.partialRotaryFactor === 1 || feature.positions !== "rope" ? 2 : 4;
    const headDim = size.halfHead * quarters;
    const numAttentionHeads = size.kvHeads * size.groupSize;
    const taken = new Set([numAttentionHeads * headDim, size.kvHeads * headDim]);
    const distinct = (wanted: number) => {
      let free = wanted;
      while (taken.has(free)) free++;
      taken.add(free);
      return free;
    };
    return modelConfig({
      ...feature,
      numHiddenLayers: size.layers,
      numAttentionHeads,
      numKeyValueHeads: size.kvHeads,
      headDim,
      hiddenSize: distinct(size.hidden),
      intermediateSize: distinct(size.intermediate),
      vocabSize: distinct(size.vocab),
      maxPositionEmbeddings: distinct(size.context),
    });
  });
}
