/** Qwen: Llama's architecture, with biases of q, k and v in 2.5, and norms of q and k in 3. */
import { modelConfig } from "../config.ts";
import type { NamedModel } from "./named-model.ts";

type QwenSizes = [
  hiddenSize: number,
  intermediateSize: number,
  numHiddenLayers: number,
  numAttentionHeads: number,
  numKeyValueHeads: number,
];

/** The base models; the small ones have a tied head and the smaller vocabulary. */
const qwen25: readonly (readonly [
  size: string,
  ...QwenSizes,
  maxPositionEmbeddings: number,
  normEps: number,
  tied: boolean,
])[] = [
  ["0.5B", 896, 4864, 24, 14, 2, 32_768, 1e-6, true],
  ["1.5B", 1536, 8960, 28, 12, 2, 131_072, 1e-6, true],
  ["3B", 2048, 11_008, 36, 16, 2, 32_768, 1e-6, true],
  ["7B", 3584, 18_944, 28, 28, 4, 131_072, 1e-6, false],
  ["14B", 5120, 13_824, 48, 40, 8, 131_072, 1e-5, false],
  ["32B", 5120, 27_648, 64, 40, 8, 131_072, 1e-5, false],
  ["72B", 8192, 29_568, 80, 64, 8, 131_072, 1e-5, false],
];

/** The dense models; heads are 128 wide, independent of D / N. */
const qwen3: readonly (readonly [size: string, ...QwenSizes, tied: boolean])[] = [
  ["0.6B", 1024, 3072, 28, 16, 8, true],
  ["1.7B", 2048, 6144, 28, 16, 8, true],
  ["4B", 2560, 9728, 36, 32, 8, true],
  ["8B", 4096, 12_288, 36, 32, 8, false],
  ["14B", 5120, 17_408, 40, 40, 8, false],
  ["32B", 5120, 25_600, 64, 64, 8, false],
];

export const qwenModels: readonly NamedModel[] = [
  ...qwen25.map(([size, D, F, L, N, K, P, normEps, tied]) => ({
    name: `qwen2.5-${size.toLowerCase()}`,
    title: `Qwen2.5 ${size}`,
    source: `Qwen Team 2024, Qwen/Qwen2.5-${size} config.json`,
    config: modelConfig({
      vocabSize: tied ? 151_936 : 152_064,
      hiddenSize: D,
      intermediateSize: F,
      numHiddenLayers: L,
      numAttentionHeads: N,
      numKeyValueHeads: K,
      maxPositionEmbeddings: P,
      normEps,
      ropeTheta: 1_000_000,
      attentionBias: true,
      tieWordEmbeddings: tied,
    }),
  })),
  ...qwen3.map(([size, D, F, L, N, K, tied]) => ({
    name: `qwen3-${size.toLowerCase()}`,
    title: `Qwen3 ${size}`,
    source: `Qwen Team 2025, Qwen/Qwen3-${size} config.json`,
    config: modelConfig({
      vocabSize: 151_936,
      hiddenSize: D,
      intermediateSize: F,
      numHiddenLayers: L,
      numAttentionHeads: N,
      numKeyValueHeads: K,
      headDim: 128,
      maxPositionEmbeddings: 40_960,
      normEps: 1e-6,
      qkNorm: true,
      ropeTheta: 1_000_000,
      tieWordEmbeddings: tied,
    }),
  })),
];
