/**
 * The models whose logits are recorded in this folder. But for the demo, every size differs,
 * constants are far from their defaults and no weight is neutral: see src/golden/models.ts.
 */
import { loadModel } from "../src/formats/load.ts";
import {
  distinctSizes,
  familyConfigs,
  type GoldenRequest,
  randomRequests,
  randomTokens,
} from "../src/golden/models.ts";
import { seededRandom } from "../src/math/random.ts";
import { modelConfig } from "../src/model/config.ts";
import { namedModel } from "../src/model/named/registry.ts";
import { tinyWords } from "../src/model/named/tiny-words.ts";
import { trainedFolder } from "../src/model/trained/trained.ts";
import { initWeights, randomWeights } from "../src/model/weights.ts";
import { drawWords } from "../src/training/data/grammar.ts";

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

/** The models recorded from the definition. */
export async function definitionRequests(): Promise<readonly GoldenRequest[]> {
  return [
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
}

/** Weights that this project trained, in the type in which they are stored. */
async function trained(name: string): Promise<Pick<GoldenRequest, "model" | "type">> {
  const model = await loadModel(trainedFolder(name)!);
  return { model: { ...model, name: `trained-${name}` }, type: "F16" };
}

/** The models recorded from ONNX Runtime: one of each family. */
export const familyRequests = randomRequests(familyConfigs);

/** The models recorded from llama.cpp: one of each architecture; two of them need N * H = D. */
export const architectureRequests = randomRequests({
  llama: familyConfigs.llama,
  qwen2: { ...distinctSizes, hiddenSize: 48, attentionBias: true },
  qwen3: { ...distinctSizes, qkNorm: true, tieWordEmbeddings: true },
  gpt2: { ...familyConfigs.gpt2, hiddenSize: 48 },
});

/** The models recorded from transformers: its Llama needs D a multiple of N, its GPT-2 of N * H. */
export const transformersRequests = randomRequests({
  llama: {
    ...familyConfigs.llama,
    hiddenSize: 30,
    attentionBias: true,
    attentionOutputBias: true,
    mlpBias: true,
  },
  mistral: familyConfigs.mistral,
  qwen2: { ...distinctSizes, attentionBias: true, slidingWindow: 4 },
  qwen3: { ...distinctSizes, qkNorm: true, tieWordEmbeddings: true },
  gpt2: { ...familyConfigs.gpt2, hiddenSize: 48 },
});
