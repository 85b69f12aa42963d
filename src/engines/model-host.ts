/** A program that runs any model: it is started once, and loads each model from a folder. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkStart, type Decoder, type Sequence } from "../decoder.ts";
import type { Model } from "../model/model.ts";
import { Connection, type ProgramOptions } from "./connection.ts";
import { decoderCapabilities, type Holder, startSequence } from "./process.ts";

/** Options of {@link ModelHost}. */
export interface HostOptions extends ProgramOptions {
  /** Writes the files of a model for the program into an existing folder. */
  readonly write: (folder: string, model: Model) => Promise<void>;
}

/** Number of models that remain loaded; a new one replaces the least recently used one. */
const MOST_LOADED = 32;

/** A model in the program. */
interface Loaded extends Holder {
  /** Its number in the protocol. */
  readonly number: number;
  readonly ready: Promise<unknown>;
}

/**
 * A program with the feature `load`, see process.ts. It is started with the first sequence of any
 * of its decoders; each model is loaded when its first sequence starts.
 */
export class ModelHost implements AsyncDisposable {
  readonly #options: HostOptions;
  #connection: Connection | null = null;
  /** Loaded models by their decoders, the least recently used first. */
  readonly #loaded = new Map<Decoder, Loaded>();
  #models = 0;

  constructor(options: HostOptions) {
    const { capabilities = [] } = options;
    this.#options = { ...options, capabilities: [...capabilities, "load"] };
  }

  /** Returns the versions of its libraries. @throws {Error} if it cannot start */
  versions(): Promise<Readonly<Record<string, string>>> {
    return this.#running().versions();
  }

  decoder(model: Model): Decoder {
    const { name, capabilities } = this.#options;
    const decoder: Decoder = {
      name,
      config: model.config,
      capabilities: decoderCapabilities(capabilities),
      start: (position = 0) => this.#start(decoder, model, position),
      [Symbol.asyncDispose]: () => this.#unload(decoder),
    };
    return decoder;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const connection = this.#connection;
    this.#connection = null;
    this.#loaded.clear();
    await connection?.[Symbol.asyncDispose]();
  }

  #running(): Connection {
    this.#connection ??= new Connection(this.#options, null);
    return this.#connection;
  }

  async #start(decoder: Decoder, model: Model, position: number): Promise<Sequence> {
    checkStart(model.config, position);
    const loaded = this.#loaded.get(decoder) ?? this.#load(model);
    this.#loaded.delete(decoder);
    this.#loaded.set(decoder, loaded);
    loaded.open++; // until the sequence is counted
    try {
      await loaded.ready;
      await this.#makeRoom();
      const fields = { model: loaded.number };
      return await startSequence(this.#running(), model.config, position, fields, loaded);
    } catch (error) {
      this.#loaded.delete(decoder);
      throw error;
    } finally {
      loaded.open--;
    }
  }

  #load(model: Model): Loaded {
    this.#models++;
    const number = this.#models;
    return { number, ready: this.#send(model, number), open: 0 };
  }

  async #send(model: Model, number: number): Promise<void> {
    const path = await mkdtemp(join(tmpdir(), "causalgate-model-"));
    try {
      await this.#options.write(path, model);
      const { vocabSize, maxPositionEmbeddings } = model.config;
      const fields = { vocab_size: vocabSize, max_position_embeddings: maxPositionEmbeddings };
      await this.#running().request("load", { model: number, path }, { fields });
    } finally {
      await rm(path, { recursive: true, force: true });
    }
  }

  async #makeRoom(): Promise<void> {
    for (const [decoder, { open }] of this.#loaded) {
      if (this.#loaded.size <= MOST_LOADED) return;
      if (open === 0) await this.#unload(decoder);
    }
  }

  async #unload(decoder: Decoder): Promise<void> {
    const loaded = this.#loaded.get(decoder);
    if (loaded === undefined) return;
    this.#loaded.delete(decoder);
    await loaded.ready;
    await this.#connection?.request("unload", { model: loaded.number }, {});
  }
}
