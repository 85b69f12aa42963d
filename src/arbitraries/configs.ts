import fc from "fast-check";
import { type ModelConfig, modelConfig, type RopeScaling } from "../model/config.ts";
import type { Dimension } from "./dimensions.ts";
import { Sizes } from "./sizes.ts";

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

/** Returns the sizes of a configuration; H in halves, as RoPE rotates pairs. */
const shapes = (sizes: Sizes) =>
  fc.record({
    layers: sizes.integers("layers", { min: 2, max: 3 }),
    kvHeads: sizes.integers("kv-heads", { min: 1, max: 2 }),
    groupSize: groups(sizes),
    halfHead: halfHeads(sizes),
    hidden: sizes.integers("width", { min: 1, max: 12 }),
    intermediate: sizes.integers("feed-forward", { min: 1, max: 12 }),
    vocab: sizes.vocabulary({ min: 2, max: 16 }),
    context: sizes.context({ min: 6, max: 24 }),
  });

function groups(sizes: Sizes): fc.Arbitrary<number> {
  const size = sizes.sizeOf("group");
  if (size !== null) return fc.constant(sizes.fitted("group", size));
  const drawn = sizes.large === null ? fc.constantFrom(2, 3, 1) : fc.constantFrom(2, 1);
  return drawn.map((small) => sizes.fitted("group", small));
}

function halfHeads(sizes: Sizes): fc.Arbitrary<number> {
  const size = sizes.sizeOf("head-width");
  if (size !== null) return fc.constant(Math.ceil(size / 2));
  return fc.integer({ min: 1, max: sizes.large === null ? 3 : 2 });
}

/**
 * Returns configurations over the whole configuration space. Sizes and features are drawn together
 * and shrink together, to two layers of width one or two.
 *
 * V, D, F, P, N * H and K * H all differ (N * H and K * H if a group has several heads), so that a
 * wrong size or a transpose is detected. There are always at least two layers, because with one
 * layer the last position does not depend on a broken mask.
 *
 * @param only fixed features, which are not drawn
 * @param sizes the sizes of the case; small by default
 */
export function configs(only: Fixed = {}, sizes = new Sizes()): fc.Arbitrary<ModelConfig> {
  return fc.tuple(shapes(sizes), windowed(only, sizes)).map(([shape, feature]) => {
    const rotated = feature.partialRotaryFactor === 1 || feature.positions !== "rope";
    const headDim = headWidth(sizes, shape.halfHead, rotated ? 2 : 4);
    const numAttentionHeads = shape.kvHeads * shape.groupSize;
    const taken = new Set([numAttentionHeads * headDim, shape.kvHeads * headDim]);
    const distinct = (dimension: Dimension, wanted: number) => {
      const { multipleOf = 1, max = Number.POSITIVE_INFINITY } = sizes.range(dimension);
      let free = wanted;
      while (taken.has(free) && free + multipleOf <= max) free += multipleOf;
      taken.add(free);
      return free;
    };
    return modelConfig({
      ...feature,
      numHiddenLayers: shape.layers,
      numAttentionHeads,
      numKeyValueHeads: shape.kvHeads,
      headDim,
      hiddenSize: distinct("width", shape.hidden),
      intermediateSize: distinct("feed-forward", shape.intermediate),
      vocabSize: distinct("vocabulary", shape.vocab),
      maxPositionEmbeddings: distinct("tokens", shape.context),
    });
  });
}

/** Returns the features with those that are fixed, and with the window of this case. */
function windowed(only: Fixed, sizes: Sizes) {
  const size = "slidingWindow" in only ? null : sizes.sizeOf("window");
  const window = size === null ? {} : { slidingWindow: size };
  return features.map((drawn) => ({ ...drawn, ...window, ...only }));
}

/** Returns H: a multiple of two, and of four if half of it is rotated. */
function headWidth(sizes: Sizes, half: number, quarters: 2 | 4): number {
  const width = sizes.large?.dimension === "head-width" ? 2 * half : half * quarters;
  const whole = Math.ceil(width / quarters) * quarters;
  const fitted = sizes.fitted("head-width", whole);
  return fitted % quarters === 0 ? fitted : whole;
}
