/**
 * The models whose logits are recorded by default, one of each family. Every size differs,
 * constants are far from their defaults and no weight is neutral, so that no transpose and no wrong
 * constant goes unnoticed.
 */
import type { WrittenType } from "../formats/floats.ts";
import { seededRandom } from "../math/random.ts";
import { type ConfigInput, type ModelConfig, modelConfig } from "../model/config.ts";
import type { Model } from "../model/model.ts";
import { randomWeights } from "../model/weights.ts";

/** A model and the tokens to run it on. */
export interface GoldenRequest {
  readonly model: Model;
  /** Tokens of each case. */
  readonly cases: readonly (readonly number[])[];
  /** Type of the stored weights; by default the narrower of F32 and F64 that holds them. */
  readonly type?: WrittenType;
}

/** Sizes that all differ. */
export const distinctSizes = {
  vocabSize: 29,
  hiddenSize: 20,
  intermediateSize: 22,
  numHiddenLayers: 2,
  numAttentionHeads: 6,
  numKeyValueHeads: 3,
  headDim: 8,
  maxPositionEmbeddings: 27,
  normEps: 0.1,
  ropeTheta: 100,
} as const;

const everyBias = {
  attentionBias: true,
  attentionOutputBias: true,
  mlpBias: true,
  lmHeadBias: true,
} as const;

/** One configuration of each family. */
export const familyConfigs = {
  llama: {
    ...distinctSizes,
    ropeScaling: {
      ropeType: "llama3",
      factor: 8,
      lowFreqFactor: 1,
      highFreqFactor: 4,
      originalMaxPositionEmbeddings: 16,
    },
  },
  gpt2: {
    ...distinctSizes,
    ...everyBias,
    numKeyValueHeads: 6,
    norm: "layernorm",
    positions: "learned",
    feedForward: "gelu_tanh",
    lmHeadBias: false,
    tieWordEmbeddings: true,
  },
  qwen: { ...distinctSizes, qkNorm: true, attentionBias: true, tieWordEmbeddings: true },
  mistral: { ...distinctSizes, slidingWindow: 5, ropeLayout: "interleaved" },
  neox: {
    ...distinctSizes,
    ...everyBias,
    norm: "layernorm",
    partialRotaryFactor: 0.25,
    feedForward: "relu",
    lmHeadBias: false,
  },
  sinusoidal: {
    ...distinctSizes,
    ...everyBias,
    norm: "layernorm",
    finalNorm: false,
    positions: "sinusoidal",
    feedForward: "gelu",
  },
} as const satisfies Readonly<Record<string, ConfigInput>>;

/** Returns a model with random weights and two cases for each configuration. */
export function randomRequests(
  configs: Readonly<Record<string, ConfigInput>>,
): readonly GoldenRequest[] {
  return Object.entries(configs).map(([name, input], i) => {
    const config = modelConfig(input);
    const weights = randomWeights(config, i, 2);
    const whole = randomTokens(config, config.maxPositionEmbeddings, i);
    return { model: { name, config, weights }, cases: [[3], whole] };
  });
}

/** Returns seeded tokens of the configuration's vocabulary. */
export function randomTokens(
  { vocabSize }: Pick<ModelConfig, "vocabSize">,
  length: number,
  seed: number,
): number[] {
  const random = seededRandom(seed);
  return Array.from({ length }, () => Math.floor(random() * vocabSize));
}
