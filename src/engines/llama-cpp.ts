/**
 * llama.cpp on the CPU: the model as a GGUF file that it loads, and all logits as it computes them.
 * It runs in this process, because a model is loaded for every generated case: a crash of it ends
 * the command, so the tests run it in processes of their own.
 *
 * @see node-llama-cpp.withcat.ai/api
 * @see github.com/ggml-org/llama.cpp
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Batch,
  type Capability,
  checkAppend,
  checkRewind,
  checkStart,
  type Decoder,
  NotOffered,
  type Sequence,
} from "../decoder.ts";
import { writeGguf } from "../formats/gguf.ts";
import { fixedIn, nearestArchitecture } from "../formats/gguf-architectures.ts";
import { unsupportedField } from "../formats/supported.ts";
import type { Logits } from "../math/logits.ts";
import type { ModelConfig } from "../model/config.ts";
import type { Model } from "../model/model.ts";
import { LlamaCppBatch } from "./llama-cpp-batch.ts";
import {
  type Input,
  type Llama,
  type LlamaContext,
  type LlamaModel,
  type LlamaSequence,
  llamaCppPackage,
  llamaCppPackageVersion,
} from "./llama-cpp-package.ts";

export const llamaCppCapabilities: readonly Capability[] = ["all-rows", "rewind", "fork", "batch"];

/**
 * What keys and values are kept in. `float16` also computes attention in tiles ("flash attention"),
 * for which llama.cpp rounds queries to float16 too, and what it sums over the values.
 */
export type LlamaCppCache = "float32" | "float16";

const contextOptions = {
  float32: {
    experimentalKvCacheKeyType: "F32",
    experimentalKvCacheValueType: "F32",
    flashAttention: false,
  },
  float16: {
    experimentalKvCacheKeyType: "F16",
    experimentalKvCacheValueType: "F16",
    flashAttention: true,
  },
} as const;

/** Sequences of one context advance in common calls; there are more contexts where these end. */
const SEQUENCES_PER_CONTEXT = 8;

/** The most tokens that one call of llama.cpp takes; what is longer is cut. */
const BATCH_SIZE = 512;

/**
 * A decoder on llama.cpp, with weights in float32. The model is written and loaded when the first
 * sequence starts; its memory is freed when the decoder is disposed of, or collected.
 *
 * @throws {NotOffered} when a sequence starts, on a model that llama.cpp has no architecture for
 */
export function llamaCppDecoder(model: Model, { cache }: { cache: LlamaCppCache }): Decoder {
  const { config } = model;
  let running: Promise<Runner> | null = null;
  const sequence = async () => {
    running ??= Runner.open(model, cache);
    return LlamaCppSequence.start(await running);
  };
  return {
    name: cache === "float32" ? "llama.cpp" : "llama.cpp-f16",
    config,
    capabilities: new Set(llamaCppCapabilities),
    start: async (position = 0) => {
      checkStart(config, position);
      return sequence();
    },
    startBatch: async (rows): Promise<Batch> => LlamaCppBatch.start(config, rows, sequence),
    [Symbol.asyncDispose]: async () => {
      const runner = await running?.catch(() => null); // whoever started it knows why
      await runner?.model.dispose();
      running = null;
    },
  };
}

/** The versions of the package and of llama.cpp in it. */
export async function llamaCppVersions(): Promise<Readonly<Record<string, string>>> {
  const { release } = (await load()).llamaCppRelease;
  return { ...llamaCppPackageVersion, "llama.cpp": release };
}

let loaded: Promise<Llama> | null = null;

/** What llama.cpp said last, for errors. */
const words: string[] = [];

function load(): Promise<Llama> {
  loaded ??= llamaCppPackage().then(({ getLlama }) =>
    getLlama({
      gpu: false,
      build: "never",
      skipDownload: true,
      progressLogs: false,
      maxThreads: 1,
      logLevel: "error",
      logger: (_: unknown, message: string) => {
        words.push(message.trim());
        words.splice(0, words.length - 4);
      },
    }),
  );
  return loaded;
}

function checkSayable(config: ModelConfig): void {
  const architecture = nearestArchitecture(config);
  // The writer puts the rows of q and k in the layout of the architecture.
  const { ropeLayout } = config;
  const wrong = unsupportedField(config, { ...fixedIn(architecture, config), ropeLayout });
  if (wrong !== null) throw new NotOffered(`llama.cpp: for architecture ${architecture}, ${wrong}`);
}

/** An error of llama.cpp, with what it said last. */
function failure(must: string, error: unknown): Error {
  const got = [(error as Error).message, ...words].join("; ");
  return new Error(`llama.cpp: ${must}, got ${got}`, { cause: error });
}

/** A loaded model, and the contexts that its sequences are in. */
class Runner {
  readonly config: ModelConfig;
  readonly model: LlamaModel;
  readonly #cache: LlamaCppCache;
  readonly #contexts: LlamaContext[] = [];
  /** The context that is being made. */
  #next: Promise<LlamaContext> | null = null;

  private constructor(config: ModelConfig, model: LlamaModel, cache: LlamaCppCache) {
    this.config = config;
    this.model = model;
    this.#cache = cache;
  }

  static async open(model: Model, cache: LlamaCppCache): Promise<Runner> {
    checkSayable(model.config);
    const llama = await load();
    return inFolder(async (folder) => {
      const modelPath = join(folder, "model.gguf");
      await writeGguf(modelPath, model);
      // Read whole, as the file is gone afterwards. Checks of free memory take longer than loading.
      const options = { modelPath, gpuLayers: 0, useMmap: false, ignoreMemorySafetyChecks: true };
      try {
        return new Runner(model.config, await llama.loadModel(options), cache);
      } catch (error) {
        throw failure("the model must load", error);
      }
    });
  }

  /** A sequence of no tokens. */
  async sequence(): Promise<LlamaSequence> {
    for (;;) {
      const free = this.#contexts.find(({ sequencesLeft }) => sequencesLeft > 0);
      if (free !== undefined) return free.getSequence();
      this.#next ??= this.#context();
      await this.#next;
    }
  }

  async #context(): Promise<LlamaContext> {
    // The package shifts the positions of a sequence that has no room for one more token.
    const contextSize = this.config.maxPositionEmbeddings + 1;
    const context = await this.model.createContext({
      ...contextOptions[this.#cache],
      contextSize,
      sequences: SEQUENCES_PER_CONTEXT,
      batchSize: Math.min(BATCH_SIZE, contextSize * SEQUENCES_PER_CONTEXT),
      threads: 1,
      ignoreMemorySafetyChecks: true,
    });
    this.#contexts.push(context);
    this.#next = null;
    return context;
  }
}

/** A sequence of a context, and the tokens that it holds. */
export class LlamaCppSequence implements Sequence {
  readonly #runner: Runner;
  readonly #sequence: LlamaSequence;
  #length = 0;

  private constructor(runner: Runner, sequence: LlamaSequence) {
    this.#runner = runner;
    this.#sequence = sequence;
  }

  static async start(runner: Runner): Promise<LlamaCppSequence> {
    return new LlamaCppSequence(runner, await runner.sequence());
  }

  get length(): number {
    return this.#length;
  }

  async append(tokens: readonly number[]): Promise<Logits> {
    return (await this.#append(tokens, 1))[0];
  }

  appendAll(tokens: readonly number[]): Promise<Logits[]> {
    return this.#append(tokens, tokens.length);
  }

  /** @returns the logits after each of the last `rows` tokens */
  async #append(tokens: readonly number[], rows: number): Promise<Logits[]> {
    const { config } = this.#runner;
    checkAppend(config, this.#length, tokens);
    const first = tokens.length - rows;
    const input = tokens.map((token, t): number | Input =>
      t < first ? token : [token, { generateNext: { logits: true } }],
    );
    const outputs = await this.#sequence.controlledEvaluate(input).catch((error: unknown) => {
      throw failure("the tokens must be decoded", error);
    });
    this.#length += tokens.length;
    return outputs.slice(first).map((output) => {
      const row = new Float32Array(config.vocabSize);
      for (const [token, logit] of output!.next.logits) row[token] = logit;
      return row;
    });
  }

  async rewind(length: number): Promise<void> {
    checkRewind(this.#length, length);
    await this.#sequence.eraseContextTokenRanges([{ start: length, end: this.#length }]);
    this.#length = length;
  }

  /** Through a file, which is the only way from one sequence to another. */
  async fork(): Promise<LlamaCppSequence> {
    const copy = await LlamaCppSequence.start(this.#runner);
    if (this.#length === 0) return copy;
    await inFolder(async (folder) => {
      const path = join(folder, "sequence.state");
      await this.#sequence.saveStateToFile(path);
      await copy.#sequence.loadStateFromFile(path, { acceptRisk: true });
    });
    copy.#length = this.#length;
    return copy;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sequence.dispose();
  }
}

/** Runs with an empty folder that is removed afterwards. */
async function inFolder<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "causalgate-"));
  try {
    return await run(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
