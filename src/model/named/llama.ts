/** Llama and models with its architecture: RMSNorm, RoPE, SwiGLU, no biases. */
import { type ConfigInput, modelConfig } from "../config.ts";
import type { NamedModel } from "./named-model.ts";

type LlamaSizes = readonly [
  size: string,
  repository: string,
  hiddenSize: number,
  intermediateSize: number,
  numHiddenLayers: number,
  numAttentionHeads: number,
  numKeyValueHeads: number,
];

function models(
  family: string,
  paper: string,
  shared: Pick<ConfigInput, "vocabSize" | "maxPositionEmbeddings"> & Partial<ConfigInput>,
  rows: readonly LlamaSizes[],
): NamedModel[] {
  return rows.map(([size, repository, D, F, L, N, K]) => ({
    name: `${family}-${size}`.toLowerCase().replaceAll(" ", "-"),
    title: `${family} ${size}`,
    source: `${paper}, ${repository} config.json`,
    config: modelConfig({
      ...shared,
      hiddenSize: D,
      intermediateSize: F,
      numHiddenLayers: L,
      numAttentionHeads: N,
      numKeyValueHeads: K,
    }),
  }));
}

const llama2 = { vocabSize: 32_000, maxPositionEmbeddings: 4096 };

const llama3 = { vocabSize: 128_256, maxPositionEmbeddings: 8192, ropeTheta: 500_000 };

const llama32 = {
  vocabSize: 128_256,
  maxPositionEmbeddings: 131_072,
  ropeTheta: 500_000,
  ropeScaling: {
    ropeType: "llama3",
    factor: 32,
    lowFreqFactor: 1,
    highFreqFactor: 4,
    originalMaxPositionEmbeddings: 8192,
  },
  tieWordEmbeddings: true,
} as const;

const tinyLlama = { vocabSize: 32_000, maxPositionEmbeddings: 2048 };

const smolLm2 = { vocabSize: 49_152, maxPositionEmbeddings: 8192, tieWordEmbeddings: true };

const smolLm2Paper = "Allal et al. 2025";

export const llamaModels: readonly NamedModel[] = [
  ...models("Llama 2", "Touvron et al. 2023", llama2, [
    ["7B", "meta-llama/Llama-2-7b-hf", 4096, 11_008, 32, 32, 32],
    ["13B", "meta-llama/Llama-2-13b-hf", 5120, 13_824, 40, 40, 40],
    ["70B", "meta-llama/Llama-2-70b-hf", 8192, 28_672, 80, 64, 8],
  ]),
  ...models("Llama 3", "Grattafiori et al. 2024", llama3, [
    ["8B", "meta-llama/Meta-Llama-3-8B", 4096, 14_336, 32, 32, 8],
    ["70B", "meta-llama/Meta-Llama-3-70B", 8192, 28_672, 80, 64, 8],
  ]),
  ...models("Llama 3.2", "Meta 2024", llama32, [
    ["1B", "meta-llama/Llama-3.2-1B", 2048, 8192, 16, 32, 8],
  ]),
  ...models("TinyLlama", "Zhang et al. 2024", tinyLlama, [
    ["1.1B", "TinyLlama/TinyLlama-1.1B-intermediate-step-1431k-3T", 2048, 5632, 22, 32, 4],
  ]),
  ...models("SmolLM2", smolLm2Paper, { ...smolLm2, ropeTheta: 100_000 }, [
    ["135M", "HuggingFaceTB/SmolLM2-135M", 576, 1536, 30, 9, 3],
    ["360M", "HuggingFaceTB/SmolLM2-360M", 960, 2560, 32, 15, 5],
  ]),
  ...models("SmolLM2", smolLm2Paper, { ...smolLm2, ropeTheta: 130_000 }, [
    ["1.7B", "HuggingFaceTB/SmolLM2-1.7B", 2048, 8192, 24, 32, 32],
  ]),
];
