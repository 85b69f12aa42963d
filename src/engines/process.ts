/**
 * Any program as a decoder: it reads one line of JSON a request from its standard input, and writes
 * one line of JSON an answer to its standard output, after some answers numbers. What it writes to
 * its standard error is shown when it fails. It is to end when its standard input does.
 *
 * It says first, once, before any request:
 *
 *     {"protocol":"causalgate 1","vocab_size":V,"max_position_embeddings":P,
 *      "dtype":"float32"|"float64","capabilities":["all-rows","rewind","fork"]}
 *
 * and then answers every request with its `id`:
 *
 *     {"id":1,"do":"start","sequence":1}                         -> {"id":1,"length":0}
 *     {"id":2,"do":"append","sequence":1,"tokens":[3,1,4],"rows":1}
 *                                        -> {"id":2,"length":3,"rows":1}, then the numbers
 *     {"id":3,"do":"rewind","sequence":1,"length":1}             -> {"id":3,"length":1}
 *     {"id":4,"do":"fork","sequence":1,"into":2}                 -> {"id":4,"length":1}
 *     {"id":5,"do":"stop","sequence":1}                          -> {"id":5,"length":0}
 *
 * Requests come one at a time. Sequence numbers are chosen here and never used twice; `length` is
 * how many tokens the sequence then holds. The numbers are the logits after each of the last `rows`
 * tokens, `[rows, V]`, row-major, little-endian, nothing between them: 1 row, or with `all-rows` as
 * many as there are tokens. A request that cannot be met is answered with `{"id":…,"error":"why"}`
 * and has to change nothing.
 */
import type { ModelConfig } from "../config.ts";
import {
  type Capability,
  checkAppend,
  checkRewind,
  checkStart,
  type Decoder,
  type Sequence,
} from "../decoder.ts";
import type { JsonObject } from "../json.ts";
import type { Logits } from "../logits.ts";
import { Program } from "./program.ts";

const PROTOCOL = "causalgate 1";

export interface ProgramOptions {
  /** Names it in reports and errors. */
  readonly name: string;
  /** The program and its parameters; no shell reads them. */
  readonly command: readonly [string, ...string[]];
  /** What of the protocol it offers; it has to say the same of itself. */
  readonly capabilities?: readonly Extract<Capability, "all-rows" | "rewind" | "fork">[];
  /** For every answer; default 10 s. */
  readonly timeLimitMs?: number;
  /** For its first line, before which it may load a model; default 2 min. */
  readonly startTimeLimitMs?: number;
}

/**
 * The decoder that a program is. It is started with the first sequence and ended when the decoder
 * is disposed of or this process ends.
 *
 * A program that crashes, hangs, floods or answers what was not asked is ended, and the call and
 * all later ones fail with `NAME: the program must …, got …`.
 *
 * @param config of the model that it computes
 */
export function processDecoder(config: ModelConfig, options: ProgramOptions): Decoder {
  const { name, capabilities = [] } = options;
  let connection: Connection | null = null;
  return {
    name,
    config,
    capabilities: new Set(capabilities),
    start: async (position = 0) => {
      checkStart(config, position);
      connection ??= new Connection(config, options);
      const id = connection.nextSequence();
      await connection.request("start", { sequence: id }, 0);
      return new ProcessSequence(connection, config, id, 0);
    },
    [Symbol.asyncDispose]: async () => {
      await connection?.program[Symbol.asyncDispose]();
      connection = null;
    },
  };
}

/** The protocol's side of a running program. */
class Connection {
  readonly program: Program;
  readonly #name: string;
  readonly #timeLimitMs: number;
  readonly #vocabSize: number;
  readonly #ready: Promise<{ readonly bytesPerElement: number }>;
  #requests = 0;
  #sequences = 0;

  constructor(config: ModelConfig, options: ProgramOptions) {
    const { timeLimitMs = 10_000, startTimeLimitMs = 120_000 } = options;
    this.program = new Program(options.name, options.command);
    this.#name = options.name;
    this.#timeLimitMs = timeLimitMs;
    this.#vocabSize = config.vocabSize;
    this.#ready = this.program
      .ask("at all", null, (header) => checkHello(header, config, options), startTimeLimitMs)
      .then(({ header }) => ({ bytesPerElement: header.dtype === "float32" ? 4 : 8 }));
    this.#ready.catch(() => {}); // every request says it
  }

  nextSequence(): number {
    this.#sequences++;
    return this.#sequences;
  }

  /**
   * @param length what the sequence has to hold afterwards
   * @param rows how many rows of logits have to follow
   */
  async request(what: string, fields: JsonObject, length: number, rows = 0): Promise<Logits[]> {
    const { bytesPerElement } = await this.#ready;
    this.#requests++;
    const id = this.#requests;
    const rowBytes = this.#vocabSize * bytesPerElement;
    const check = (header: JsonObject) => {
      checkField(what, header, "id", id);
      if (typeof header.error === "string") return 0;
      checkField(what, header, "length", length);
      if (rows > 0) checkField(what, header, "rows", rows);
      return rows * rowBytes;
    };
    const question = { id, do: what, ...fields };
    const { header, body } = await this.program.ask(what, question, check, this.#timeLimitMs);
    if (typeof header.error === "string") {
      throw new Error(`${this.#name}: ${what} must be possible, got ${header.error}`);
    }
    return decode(body, rows, rowBytes, bytesPerElement);
  }
}

class ProcessSequence implements Sequence {
  readonly #connection: Connection;
  readonly #config: ModelConfig;
  readonly #id: number;
  #length: number;

  constructor(connection: Connection, config: ModelConfig, id: number, length: number) {
    this.#connection = connection;
    this.#config = config;
    this.#id = id;
    this.#length = length;
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

  async #append(tokens: readonly number[], rows: number): Promise<Logits[]> {
    checkAppend(this.#config, this.#length, tokens);
    const length = this.#length + tokens.length;
    return this.#request("append", { tokens, rows }, length, rows);
  }

  async rewind(length: number): Promise<void> {
    checkRewind(this.#length, length);
    await this.#request("rewind", { length }, length);
  }

  async fork(): Promise<Sequence> {
    const into = this.#connection.nextSequence();
    await this.#request("fork", { into }, this.#length);
    return new ProcessSequence(this.#connection, this.#config, into, this.#length);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#request("stop", {}, 0);
  }

  async #request(what: string, fields: JsonObject, length: number, rows = 0): Promise<Logits[]> {
    const sequence = { sequence: this.#id, ...fields };
    const logits = await this.#connection.request(what, sequence, length, rows);
    this.#length = length;
    return logits;
  }
}

function checkHello(header: JsonObject, config: ModelConfig, options: ProgramOptions): number {
  const what = "at all";
  checkField(what, header, "protocol", PROTOCOL);
  checkField(what, header, "vocab_size", config.vocabSize);
  checkField(what, header, "max_position_embeddings", config.maxPositionEmbeddings);
  if (header.dtype !== "float32" && header.dtype !== "float64") {
    checkField(what, header, "dtype", "float32 or float64");
  }
  const offered = Array.isArray(header.capabilities) ? header.capabilities : [];
  const missing = options.capabilities?.find((capability) => !offered.includes(capability));
  if (missing === undefined) return 0;
  throw new RangeError(`must offer ${missing}, got ${JSON.stringify(offered).slice(0, 80)}`);
}

function checkField(what: string, header: JsonObject, field: string, must: unknown): void {
  if (header[field] === must) return;
  const got = JSON.stringify(header[field])?.slice(0, 80);
  throw new RangeError(`must answer ${what} with ${field} ${must}, got ${got}`);
}

function decode(
  body: Uint8Array,
  rows: number,
  rowBytes: number,
  bytesPerElement: number,
): Logits[] {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const length = rowBytes / bytesPerElement;
  return Array.from({ length: rows }, (_, r) => {
    const at = (v: number) => r * rowBytes + v * bytesPerElement;
    return bytesPerElement === 4
      ? Float32Array.from({ length }, (_, v) => view.getFloat32(at(v), true))
      : Float64Array.from({ length }, (_, v) => view.getFloat64(at(v), true));
  });
}
