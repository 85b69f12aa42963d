import { modelConfig } from "../config.ts";
import type { NamedModel } from "./named-model.ts";

/**
 * Sorts six digits: the context holds the six and the first five of the answer. Positions are
 * learned, because the index of a digit in the answer matters; with RoPE training took many times
 * as long.
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
