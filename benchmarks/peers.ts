/**
 * Peers: one model on the reference decoder and on engines that others wrote, in one process and on
 * one thread each: the first token after a prompt, a token at a position, and a token without a
 * cache. `npm run benchmarks -- peers` writes peers.csv.
 *
 * A step gives all logits to JavaScript, as every engine here does for its user. llama.cpp's
 * binding gives them as pairs, which takes longer the larger the vocabulary.
 *
 * Expected: the reference, plain JavaScript in float64, takes longest at prompts, of which the
 * engines read many tokens at once; where a model is tiny it decodes fastest, as a call into an
 * engine takes longer than its arithmetic.
 */

import type { PrepareRun, Workload } from "../src/bench/measure.ts";
import type { BenchCell, Job } from "../src/bench/sample.ts";
import { generationWorkload } from "../src/bench/workloads.ts";
import type { Decoder } from "../src/decoder.ts";
import { llamaCppDecoder, llamaCppVersions } from "../src/engines/llama-cpp.ts";
import { isLlamaCppInstalled } from "../src/engines/llama-cpp-package.ts";
import { onnxRuntimeDecoder, onnxRuntimeVersions } from "../src/engines/onnxruntime.ts";
import { type Arithmetic, float32, ggmlFloat32 } from "../src/math/arithmetic.ts";
import { seededRandom } from "../src/math/random.ts";
import { type ModelConfig, modelConfig } from "../src/model/config.ts";
import type { Model } from "../src/model/model.ts";
import { namedModel } from "../src/model/named/registry.ts";
import { initWeights } from "../src/model/weights.ts";
import { referenceDecoder } from "../src/reference/reference-decoder.ts";

export interface Peer {
  readonly decoder: (model: Model) => Decoder;
  readonly dtype: "float64" | "float32";
  /** The rounding that its logits may have; null for the float64 of strangers. */
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

/** The one that the others are compared with. */
export const baseline = "reference" satisfies PeerName;

/** The shape of the models that llama2.c trains on stories, with fewer words. */
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

interface Grid {
  readonly models: readonly ModelName[];
  readonly peers: readonly PeerName[];
  /** The unit of replication. */
  readonly processes: number;
  readonly rounds: number;
  readonly prompts: readonly number[];
  readonly contexts: readonly number[];
  readonly naiveContexts: readonly number[];
  /** Tokens at a position, and tokens without a cache, that are averaged. */
  readonly decoded: number;
  readonly recomputed: number;
}

/** `smoke` runs in the tests; `full` takes about a quarter of an hour. */
export const grids = {
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
} as const satisfies Readonly<Record<string, Grid>>;

export type PeerScale = keyof typeof grids;

/** The model of that name, with the weights of a seed. */
export function peerModel(name: string, seed: number): Model {
  const config = models[name as ModelName];
  return { name, config, weights: initWeights(config, seed) };
}

/** What is appended to a peer's name where it forgets its cache at every step. */
const NAIVE = " naive";

/** A cell's peer, and whether it is without a cache. */
export function armParts(mode: string): { peer: PeerName; mode: "cached" | "naive" } {
  const isNaive = mode.endsWith(NAIVE);
  const peer = (isNaive ? mode.slice(0, -NAIVE.length) : mode) as PeerName;
  return { peer, mode: isNaive ? "naive" : "cached" };
}

/** The jobs of a run: every model in every process, and all able peers in each. */
export function peerJobs(
  scale: PeerScale,
  able: ReadonlyMap<string, readonly PeerName[]>,
  run_id: string,
  seed: number,
): Job[] {
  const grid: Grid = grids[scale];
  const random = seededRandom(seed);
  const processes = Array.from({ length: grid.processes }, (_, process) => process);
  return processes.flatMap((process) =>
    grid.models.map((model): Job => {
      const orderSeed = Math.floor(random() * 2 ** 32);
      const cells = (able.get(model) ?? []).flatMap((peer) => peerCells(peer, grid));
      const what = { run_id, benchmark: "peers", model, source: model };
      return { ...what, process, dataSeed: seed, orderSeed, cells };
    }),
  );
}

/** What is timed of a peer; of the baseline twice, for a control. */
function peerCells(peer: PeerName, grid: Grid): BenchCell[] {
  const { prompts, contexts, naiveContexts, decoded, recomputed, rounds } = grid;
  const task = "sequence_length";
  const twins = peer === baseline ? [false, true] : [false];
  return twins.flatMap((isTwin): BenchCell[] => [
    ...prompts.map((promptLength): BenchCell => {
      return { task: "prefill", mode: peer, isTwin, promptLength, marks: [1], rounds };
    }),
    ...contexts.map((promptLength): BenchCell => {
      return { task, mode: peer, isTwin, promptLength, marks: [1, 1 + decoded], rounds };
    }),
    ...naiveContexts.map((promptLength): BenchCell => {
      return { task, mode: peer + NAIVE, isTwin, promptLength, marks: [1, 1 + recomputed], rounds };
    }),
  ]);
}

/** Greedy generation by whichever peer a cell is of. */
export function peersWorkload(model: Model, names: readonly PeerName[]): Workload {
  const workloads = names.map((name) => {
    return [name, generationWorkload(model, peers[name].decoder(model))] as const;
  });
  return {
    allocate: async (): Promise<PrepareRun> => {
      const works = new Map<PeerName, PrepareRun>();
      for (const [name, workload] of workloads) works.set(name, await workload.allocate());
      return async (cell) => {
        const { peer, mode } = armParts(cell.mode);
        return works.get(peer)!({ ...cell, mode });
      };
    },
    rightTokens: workloads[0][1].rightTokens,
  };
}
