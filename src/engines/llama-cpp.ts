/**
 * llama.cpp on the CPU: loads the model from a GGUF file and returns all logits. It runs in this
 * process, because a model is loaded for every generated case. A crash of it ends the command, so
 * the tests run it in child processes.
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
 * The format of cached keys and values. `float16` also computes attention in tiles ("flash
 * attention"), for which llama.cpp rounds queries and sums of values to float16.
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

/** Sequences per context; they advance in common calls. Further sequences use more contexts. */
const SEQUENCES_PER_CONTEXT = 8;

/** Largest number of tokens in one call of llama.cpp; longer inputs are split. */
const BATCH_SIZE = 512;

/**
 * Returns a decoder on llama.cpp, with weights in float32. The model is written and loaded when the
 * first sequence starts; its memory is freed when the decoder is disposed of, or collected.
 *
 * @throws {NotOffered} at the start of a sequence, for a model that llama.cpp does not support
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
      const runner = await running?.catch(() => null); // the error was reported by start
      await runner?.model.dispose();
      running = null;
    },
  };
}

/** Returns the versions of the package and of llama.cpp. */
export async function llamaCppVersions(): Promise<Readonly<Record<string, string>>> {
  const { release } = (await load()).llamaCppRelease;
  return { ...llamaCppPackageVersion, "llama.cpp": release };
}

let loaded: Promise<Llama> | null = null;

/** The last lines of llama.cpp's log, for errors. */
const log: string[] = [];

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
        log.push(message.trim());
        log.splice(0, log.length - 4);
      },
    }),
  );
  return loaded;
}

function checkSayable(config: ModelConfig): void {
  const architecture = nearestArchitecture(config);
  // The writer reorders the rows of q and k for the architecture.
  const { ropeLayout } = config;
  const wrong = unsupportedField(config, { ...fixedIn(architecture, config), ropeLayout });
  if (wrong !== null) throw new NotOffered(`llama.cpp: for architecture ${architecture}, ${wrong}`);
}

/** Returns an error of llama.cpp, with the last lines of its log. */
function failure(must: string, error: unknown): Error {
  const got = [(error as Error).message, ...log].join("; ");
  return new Error(`llama.cpp: ${must}, got ${got}`, { cause: error });
}

/** A loaded model, and the contexts of its sequences. */
class Runner {
  readonly config: ModelConfig;
  readonly model: LlamaModel;
  readonly #cache: LlamaCppCache;
  readonly #contexts: LlamaContext[] = [];
  /** The context that is being created. */
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
      // Not mapped, as the file is removed. Checks of free memory take longer than loading.
      const options = { modelPath, gpuLayers: 0, useMmap: false, ignoreMemorySafetyChecks: true };
      try {
        return new Runner(model.config, await llama.loadModel(options), cache);
      } catch (error) {
        throw failure("the model must load", error);
      }
    });
  }

  /** Returns an empty sequence. */
  async sequence(): Promise<LlamaSequence> {
    for (;;) {
      const free = this.#contexts.find(({ sequencesLeft }) => sequencesLeft > 0);
      if (free !== undefined) return free.getSequence();
      this.#next ??= this.#context();
      await this.#next;
    }
  }

  async #context(): Promise<LlamaContext> {
    // The package shifts positions in a sequence without room for one more token.
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

/** A sequence of a context, and its tokens. */
class LlamaCppSequence implements Sequence {
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

  /** Copies through a file, the only way to copy a sequence. */
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

/** Calls `run` with an empty folder that is removed afterwards. */
async function inFolder<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "causalgate-"));
  try {
    return await run(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
