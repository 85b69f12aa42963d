import { modelConfig } from "../config.ts";
import type { NamedModel } from "./named-model.ts";

/** Llama's architecture with grouped queries and a sliding window. */
export const mistralModels: readonly NamedModel[] = [
  {
    name: "mistral-7b",
    title: "Mistral 7B v0.1",
    source: "Jiang et al. 2023, mistralai/Mistral-7B-v0.1 config.json",
    config: modelConfig({
      vocabSize: 32_000,
      hiddenSize: 4096,
      intermediateSize: 14_336,
      numHiddenLayers: 32,
      numAttentionHeads: 32,
      numKeyValueHeads: 8,
      maxPositionEmbeddings: 32_768,
      slidingWindow: 4096,
    }),
  },
];
