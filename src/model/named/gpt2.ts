/** GPT-2: LayerNorm, learned positions, biases in every linear layer except the tied head. */
import { modelConfig } from "../config.ts";
import type { NamedModel } from "./named-model.ts";

type Gpt2Sizes = readonly [
  name: string,
  title: string,
  hiddenSize: number,
  numHiddenLayers: number,
  numAttentionHeads: number,
];

const rows: readonly Gpt2Sizes[] = [
  ["gpt2", "GPT-2", 768, 12, 12],
  ["gpt2-medium", "GPT-2 Medium", 1024, 24, 16],
  ["gpt2-large", "GPT-2 Large", 1280, 36, 20],
  ["gpt2-xl", "GPT-2 XL", 1600, 48, 25],
];

export const gpt2Models: readonly NamedModel[] = rows.map(([name, title, D, L, N]) => ({
  name,
  title,
  source: `Radford et al. 2019, openai-community/${name} config.json`,
  config: modelConfig({
    vocabSize: 50_257,
    hiddenSize: D,
    intermediateSize: 4 * D,
    numHiddenLayers: L,
    numAttentionHeads: N,
    maxPositionEmbeddings: 1024,
    norm: "layernorm",
    positions: "learned",
    feedForward: "gelu_tanh",
    attentionBias: true,
    attentionOutputBias: true,
    mlpBias: true,
    tieWordEmbeddings: true,
  }),
}));
