import { modelConfig } from "../config.ts";
import type { NamedModel } from "./named-model.ts";

/**
 * Sorts six digits: context for the six and the first five of the answer. Positions are learned,
 * because the place of an answer says how many digits come before it; with RoPE alone it took many
 * times as long to train.
 */
export const sorter: NamedModel = {
  name: "sorter",
  title: "Sorter of six digits",
  source: "this project; the shape of GPT-2 and the task of minGPT's demo",
  config: modelConfig({
    vocabSize: 10,
    hiddenSize: 32,
    intermediateSize: 128,
    numHiddenLayers: 2,
    numAttentionHeads: 4,
    maxPositionEmbeddings: 11,
    norm: "layernorm",
    positions: "learned",
    feedForward: "gelu_tanh",
    attentionBias: true,
    attentionOutputBias: true,
    mlpBias: true,
    tieWordEmbeddings: true,
  }),
};
