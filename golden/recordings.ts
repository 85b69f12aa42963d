/**
 * The models whose logits are recorded. But for the demo, every size is another, constants are loud
 * and no weight is neutral: no transpose and no wrong constant hides in them.
 */

import type { WrittenType } from "../src/formats/floats.ts";
import { loadModel } from "../src/formats/load.ts";
import { seededRandom } from "../src/math/random.ts";
import { type ConfigInput, type ModelConfig, modelConfig } from "../src/model/config.ts";
import type { Model } from "../src/model/model.ts";
import { namedModel } from "../src/model/named/registry.ts";
import { tinyWords } from "../src/model/named/tiny-words.ts";
import { trainedFolder } from "../src/model/trained/trained.ts";
import { initWeights, randomWeights } from "../src/model/weights.ts";
import { drawWords } from "../src/training/data/grammar.ts";

export interface Recording {
  readonly model: Model;
  /** Tokens of each case. */
  readonly cases: readonly (readonly number[])[];
  /** What the weights are stored as; by default the narrowest of F32 and F64 that holds them. */
  readonly type?: WrittenType;
}

const demo = namedModel("demo").config;

const words: readonly string[] = tinyWords;

const loud = modelConfig({
  vocabSize: 23,
  hiddenSize: 10,
  intermediateSize: 14,
  numHiddenLayers: 3,
  numAttentionHeads: 6,
  numKeyValueHeads: 2,
  headDim: 4,
  maxPositionEmbeddings: 32,
  normEps: 0.1,
  ropeTheta: 100,
  ropeLayout: "interleaved",
});

/** What the definition records. */
export const ownRecordings: readonly Recording[] = [
  {
    model: { name: "demo", config: demo, weights: initWeights(demo, 42) },
    cases: [[3, 7, 11, 15], randomTokens(demo, 20, 42)],
  },
  {
    model: { name: "loud", config: loud, weights: randomWeights(loud, 7, 2) },
    cases: [[3], randomTokens(loud, 32, 7)],
  },
  {
    ...(await trained("tiny")),
    cases: [[0, 1, 3], drawWords(32, seededRandom(42)).map((word) => words.indexOf(word))],
  },
  { ...(await trained("sorter")), cases: [[3, 1, 4, 1, 5, 9, 1, 1, 3, 4, 5]] },
];

/** Weights that this project trained, as they are stored there. */
async function trained(name: string): Promise<Pick<Recording, "model" | "type">> {
  const model = await loadModel(trainedFolder(name)!);
  return { model: { ...model, name: `trained-${name}` }, type: "F16" };
}

const sizes = {
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
};

const everyBias = {
  attentionBias: true,
  attentionOutputBias: true,
  mlpBias: true,
  lmHeadBias: true,
} as const;

const families: Readonly<Record<string, ConfigInput>> = {
  llama: {
    ...sizes,
    ropeScaling: {
      ropeType: "llama3",
      factor: 8,
      lowFreqFactor: 1,
      highFreqFactor: 4,
      originalMaxPositionEmbeddings: 16,
    },
  },
  gpt2: {
    ...sizes,
    ...everyBias,
    numKeyValueHeads: 6,
    norm: "layernorm",
    positions: "learned",
    feedForward: "gelu_tanh",
    lmHeadBias: false,
    tieWordEmbeddings: true,
  },
  qwen: { ...sizes, qkNorm: true, attentionBias: true, tieWordEmbeddings: true },
  mistral: { ...sizes, slidingWindow: 5, ropeLayout: "interleaved" },
  neox: {
    ...sizes,
    ...everyBias,
    norm: "layernorm",
    partialRotaryFactor: 0.25,
    feedForward: "relu",
    lmHeadBias: false,
  },
  sinusoidal: {
    ...sizes,
    ...everyBias,
    norm: "layernorm",
    finalNorm: false,
    positions: "sinusoidal",
    feedForward: "gelu",
  },
};

/** What other engines record: a model of every family. */
export const familyRecordings = recordingsOf(families);

/** What llama.cpp records: a model of every architecture; in two of them N * H must be D. */
export const architectureRecordings = recordingsOf({
  llama: families.llama,
  qwen2: { ...sizes, hiddenSize: 48, attentionBias: true },
  qwen3: { ...sizes, qkNorm: true, tieWordEmbeddings: true },
  gpt2: { ...families.gpt2, hiddenSize: 48 },
});

/** What transformers records: in its Llama D is a multiple of N, and in its GPT-2 N * H. */
export const transformersRecordings = recordingsOf({
  llama: {
    ...families.llama,
    hiddenSize: 30,
    attentionBias: true,
    attentionOutputBias: true,
    mlpBias: true,
  },
  mistral: families.mistral,
  qwen2: { ...sizes, attentionBias: true, slidingWindow: 4 },
  qwen3: { ...sizes, qkNorm: true, tieWordEmbeddings: true },
  gpt2: { ...families.gpt2, hiddenSize: 48 },
});

function recordingsOf(inputs: Readonly<Record<string, ConfigInput>>): readonly Recording[] {
  return Object.entries(inputs).map(([name, input], i) => {
    const config = modelConfig(input);
    const weights = randomWeights(config, i, 2);
    const whole = randomTokens(config, config.maxPositionEmbeddings, i);
    return { model: { name, config, weights }, cases: [[3], whole] };
  });
}

function randomTokens({ vocabSize }: ModelConfig, length: number, seed: number): number[] {
  const random = seededRandom(seed);
  return Array.from({ length }, () => Math.floor(random() * vocabSize));
}
