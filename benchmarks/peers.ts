/**
 * Peers: one model on the reference decoder and on independent engines, in one process and on one
 * thread each: the first token after a prompt, a token at a position, and a token without a cache.
 * `npm run benchmarks -- peers` writes peers.csv.
 *
 * A step returns all logits to JavaScript, as every engine here does for its user. llama.cpp's
 * binding returns them as pairs, which takes longer for a larger vocabulary.
 *
 * Expected: the reference, plain JavaScript in float64, takes longest for prompts, because the
 * engines read many tokens at once; it decodes a tiny model fastest, because a call into an engine
 * takes longer than its arithmetic.
 */

import type { Decoder } from "../src/decoder.ts";
import { llamaCppDecoder, llamaCppVersions } from "../src/engines/llama-cpp.ts";
import { isLlamaCppInstalled } from "../src/engines/llama-cpp-package.ts";
import { onnxRuntimeDecoder, onnxRuntimeVersions } from "../src/engines/onnxruntime.ts";
import { type Arithmetic, float32, ggmlFloat32 } from "../src/math/arithmetic.ts";
import { type ModelConfig, modelConfig } from "../src/model/config.ts";
import type { Model } from "../src/model/model.ts";
import { namedModel } from "../src/model/named/registry.ts";
import { initWeights } from "../src/model/weights.ts";
import { referenceDecoder } from "../src/reference/reference-decoder.ts";

export interface Peer {
  readonly decoder: (model: Model) => Decoder;
  readonly dtype: "float64" | "float32";
  /** The rounding of its logits; null for the float64 of an independent engine. */
  readonly arithmetic: Arithmetic | null;
  readonly version: () => Promise<string>;
  readonly isInstalled: () => Promise<boolean>;
}

const always = async () => true;

const onnxRuntime = (dtype: "float32" | "float64", arithmetic: Arithmetic | null): Peer => ({
  decoder: (model) => onnxRuntimeDecoder(model, { dtype }),
  dtype,
  arithmetic,
  version: async () => (await onnxRuntimeVersions())["onnxruntime-node"],
  isInstalled: always,
});

export const peers = {
  reference: {
    decoder: ({ config, weights }) => referenceDecoder(config, weights),
    dtype: "float64",
    arithmetic: null,
    version: async () => process.version,
    isInstalled: always,
  },
  onnxruntime: onnxRuntime("float32", float32),
  "onnxruntime-float64": onnxRuntime("float64", null),
  "llama.cpp": {
    decoder: (model) => llamaCppDecoder(model, { cache: "float32" }),
    dtype: "float32",
    arithmetic: ggmlFloat32,
    version: async () => (await llamaCppVersions())["llama.cpp"],
    isInstalled: isLlamaCppInstalled,
  },
} as const satisfies Readonly<Record<string, Peer>>;

export type PeerName = keyof typeof peers;

/** The peer with which the others are compared. */
export const baseline = "reference" satisfies PeerName;

/** The shape of the story models of llama2.c, with a smaller vocabulary. */
const stories = modelConfig({
  vocabSize: 2048,
  hiddenSize: 288,
  intermediateSize: 768,
  numHiddenLayers: 6,
  numAttentionHeads: 6,
  maxPositionEmbeddings: 1024,
  ropeLayout: "interleaved",
  tieWordEmbeddings: true,
});

const models = {
  demo: namedModel("demo").config,
  "tiny-long": namedModel("tiny-long").config,
  "stories-shape": stories,
} as const satisfies Readonly<Record<string, ModelConfig>>;

type ModelName = keyof typeof models;

export interface PeerGrid {
  readonly models: readonly ModelName[];
  readonly peers: readonly PeerName[];
  /** Number of processes, the unit of replication. */
  readonly processes: number;
  readonly rounds: number;
  readonly prompts: readonly number[];
  readonly contexts: readonly number[];
  readonly naiveContexts: readonly number[];
  /** Numbers of averaged tokens, with a cache and without. */
  readonly decoded: number;
  readonly recomputed: number;
}

/** `smoke` runs in the tests; `full` takes about a quarter of an hour. */
export const peerGrids = {
  smoke: {
    models: ["demo"],
    peers: [baseline, "onnxruntime"],
    processes: 2,
    rounds: 3,
    prompts: [4],
    contexts: [8],
    naiveContexts: [8],
    decoded: 2,
    recomputed: 1,
  },
  full: {
    models: ["demo", "tiny-long", "stories-shape"],
    peers: Object.keys(peers) as PeerName[],
    processes: 5,
    rounds: 4,
    prompts: [10, 100, 500],
    contexts: [16, 100, 500],
    naiveContexts: [16, 100],
    decoded: 8,
    recomputed: 2,
  },
} as const satisfies Readonly<Record<string, PeerGrid>>;

export type PeerScale = keyof typeof peerGrids;

/** Returns the model of that name, with the weights of a seed. */
export function peerModel(name: string, seed: number): Model {
  const config = models[name as ModelName];
  return { name, config, weights: initWeights(config, seed) };
}
