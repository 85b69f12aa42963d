/**
 * ONNX Runtime on the CPU: the model as a graph of basic operators, with the keys and values of
 * earlier calls as inputs.
 *
 * @see onnxruntime.ai/docs/api/js
 * @see github.com/microsoft/onnxruntime/issues/32421, the reason why float64 is not fully optimised
 */
import type { InferenceSession, Tensor } from "onnxruntime-node";
import {
  type Capability,
  checkAppend,
  checkRewind,
  checkStart,
  type Decoder,
  type Sequence,
} from "../decoder.ts";
import { cacheNames, onnxBytes } from "../formats/onnx.ts";
import type { FloatWidth } from "../formats/onnx-graph.ts";
import type { Logits } from "../math/logits.ts";
import type { ModelConfig } from "../model/config.ts";
import type { Model } from "../model/model.ts";

type OnnxRuntime = typeof import("onnxruntime-node");

export const onnxRuntimeCapabilities: readonly Capability[] = [
  "all-rows",
  "rewind",
  "fork",
  "offset",
];

/**
 * Returns a decoder on ONNX Runtime. The package is loaded and the graph created when the first
 * sequence starts; disposing of the decoder frees the graph.
 *
 * @param dtype the floating-point type of the graph
 */
export function onnxRuntimeDecoder(model: Model, { dtype }: { dtype: FloatWidth }): Decoder {
  const { config } = model;
  let running: Promise<Runner> | null = null;
  return {
    name: dtype === "float32" ? "onnxruntime" : `onnxruntime-${dtype}`,
    config,
    capabilities: new Set(onnxRuntimeCapabilities),
    start: async (position = 0) => {
      checkStart(config, position);
      running ??= Runner.open(model, dtype);
      return new OnnxRuntimeSequence(await running, position);
    },
    [Symbol.asyncDispose]: async () => {
      const opened = running;
      running = null;
      // One that could not be opened has nothing to release; `start` has thrown the reason.
      await (await opened?.catch(() => null))?.session.release();
    },
  };
}

/** Returns the version of the package. */
export async function onnxRuntimeVersions(): Promise<Readonly<Record<string, string>>> {
  return { "onnxruntime-node": (await load()).env.versions.node! };
}

/** @throws {Error} with the command that installs it, if the package is missing */
async function load(): Promise<OnnxRuntime> {
  try {
    return await import("onnxruntime-node");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const got = code === "ERR_MODULE_NOT_FOUND" ? "none" : message;
    const must = "the package onnxruntime-node must be installed and load";
    const fix = "npm install onnxruntime-node";
    throw new Error(`onnxruntime: ${must}, got ${got}; ${fix}`, { cause: error });
  }
}

/** Keys and values of every layer, by the names of the graph's inputs; never changed. */
type Cache = Readonly<Record<string, Tensor>>;

/** A loaded graph. */
class Runner {
  readonly config: ModelConfig;
  readonly session: InferenceSession;
  readonly #runtime: OnnxRuntime;
  readonly #dtype: FloatWidth;

  private constructor(
    config: ModelConfig,
    session: InferenceSession,
    runtime: OnnxRuntime,
    dtype: FloatWidth,
  ) {
    this.config = config;
    this.session = session;
    this.#runtime = runtime;
    this.#dtype = dtype;
  }

  static async open(model: Model, dtype: FloatWidth): Promise<Runner> {
    const runtime = await load();
    const session = await runtime.InferenceSession.create(onnxBytes(model, dtype), {
      executionProviders: ["cpu"],
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      // Above "basic" it fuses operators into ones that exist only in float32.
      graphOptimizationLevel: dtype === "float32" ? "all" : "basic",
      logSeverityLevel: 3,
    });
    return new Runner(model.config, session, runtime, dtype);
  }

  /** Returns the cache of an empty sequence. */
  empty(): Cache {
    const { numKeyValueHeads: K, headDim: H } = this.config;
    return this.#cache(() => this.#floats(this.#zeros(0), [0, K, H]));
  }

  /** Returns the first `length` positions of a cache as a view. */
  prefix(cache: Cache, length: number): Cache {
    const { numKeyValueHeads: K, headDim: H } = this.config;
    return this.#cache((name) => {
      const data = cache[name].data as Float32Array | Float64Array;
      return this.#floats(data.subarray(0, length * K * H), [length, K, H]);
    });
  }

  /** @returns the logits after every token, and the extended cache */
  async run(
    cache: Cache,
    tokens: readonly number[],
    position: number,
  ): Promise<{ logits: Logits[]; cache: Cache }> {
    const places = tokens.map((_, t) => position + t);
    const outputs = await this.session.run({
      input_ids: this.#integers(tokens),
      position_ids: this.#integers(places),
      ...cache,
    });
    const { vocabSize: V } = this.config;
    const rows = outputs.logits.data as Float32Array | Float64Array;
    const logits = tokens.map((_, t) => rows.slice(t * V, (t + 1) * V));
    return { logits, cache: this.#cache((_, present) => outputs[present]) };
  }

  /** @param tensor returns the tensor of an input, given the names of the input and the output */
  #cache(tensor: (past: string, present: string) => Tensor): Cache {
    const entries = Array.from({ length: this.config.numHiddenLayers }, (_, l) => {
      const { past, present } = cacheNames(l);
      return past.map((name, i) => [name, tensor(name, present[i])] as const);
    });
    return Object.fromEntries(entries.flat());
  }

  #zeros(length: number): Float32Array | Float64Array {
    return this.#dtype === "float32" ? new Float32Array(length) : new Float64Array(length);
  }

  #floats(data: Float32Array | Float64Array, shape: readonly number[]): Tensor {
    return new this.#runtime.Tensor(this.#dtype, data, shape);
  }

  #integers(values: readonly number[]): Tensor {
    const data = BigInt64Array.from(values, BigInt);
    return new this.#runtime.Tensor("int64", data, [values.length]);
  }
}

class OnnxRuntimeSequence implements Sequence {
  readonly #runner: Runner;
  /** Position of the first token. */
  readonly #position: number;
  readonly #config: ModelConfig;
  #cache: Cache;
  #length = 0;

  constructor(runner: Runner, position: number) {
    const { config } = runner;
    this.#runner = runner;
    this.#position = position;
    const fits = config.maxPositionEmbeddings - position;
    this.#config = { ...config, maxPositionEmbeddings: fits };
    this.#cache = runner.empty();
  }

  get length(): number {
    return this.#length;
  }

  async append(tokens: readonly number[]): Promise<Logits> {
    return (await this.appendAll(tokens)).at(-1)!;
  }

  async appendAll(tokens: readonly number[]): Promise<Logits[]> {
    checkAppend(this.#config, this.#length, tokens);
    const position = this.#position + this.#length;
    const { logits, cache } = await this.#runner.run(this.#cache, tokens, position);
    this.#cache = cache;
    this.#length += tokens.length;
    return logits;
  }

  async rewind(length: number): Promise<void> {
    checkRewind(this.#length, length);
    if (length === this.#length) return;
    this.#cache = this.#runner.prefix(this.#cache, length);
    this.#length = length;
  }

  async fork(): Promise<Sequence> {
    const copy = new OnnxRuntimeSequence(this.#runner, this.#position);
    copy.#cache = this.#cache;
    copy.#length = this.#length;
    return copy;
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
