/** The client side of the protocol of process.ts: requests to a running program. */

import type { Capability } from "../decoder.ts";
import { isObject, type JsonObject } from "../io/json.ts";
import type { Logits } from "../math/logits.ts";
import type { ModelConfig } from "../model/config.ts";
import { type HeaderCheck, Program } from "./program.ts";

const PROTOCOL = "causalgate 1";

/** Optional features of a program; with `load` it serves any number of models. */
export type ProgramCapability =
  | Extract<Capability, "all-rows" | "rewind" | "fork" | "offset">
  | "load";

/** The program to run, and what it offers. */
export interface ProgramOptions {
  /** Its name in reports and errors. */
  readonly name: string;
  /** The program and its arguments, run without a shell. */
  readonly command: readonly [string, ...string[]];
  /** The optional features to use; the first line of the program must list them, too. */
  readonly capabilities?: readonly ProgramCapability[];
  /** Time limit of every answer; default 10 s. */
  readonly timeLimitMs?: number;
  /** Time limit of the first line and of loading a model; default 2 min. */
  readonly startTimeLimitMs?: number;
}

/** The contents of the first line. */
interface Hello {
  readonly bytesPerElement: number;
  readonly versions: Readonly<Record<string, string>>;
}

/** The expected answer to a request. */
interface Expected {
  /** Number of tokens in the sequence afterwards. */
  readonly length?: number;
  /** Number of rows of logits that follow, each of `vocabSize` numbers. */
  readonly rows?: number;
  readonly vocabSize?: number;
  /** Other required fields. */
  readonly fields?: JsonObject;
}

/** A connection to a running program. */
export class Connection implements AsyncDisposable {
  readonly #program: Program;
  readonly #options: ProgramOptions;
  readonly #ready: Promise<Hello>;
  #requests = 0;
  #sequences = 0;

  /** @param config the configuration of its one model; null for a program that loads models */
  constructor(options: ProgramOptions, config: ModelConfig | null) {
    this.#program = new Program(options.name, options.command);
    this.#options = options;
    this.#ready = this.#greet(config);
    this.#ready.catch(() => {}); // every request fails with it
  }

  async #greet(config: ModelConfig | null): Promise<Hello> {
    const check = (header: JsonObject) => checkHello(header, config, this.#options);
    const { header } = await this.#program.ask("begin", null, check, this.#startTimeLimitMs);
    if (typeof header.error === "string") throw this.#refused("to start", header.error);
    const given = isObject(header.versions) ? Object.entries(header.versions) : [];
    const versions = Object.fromEntries(given.map(([name, version]) => [name, String(version)]));
    return { bytesPerElement: header.dtype === "float32" ? 4 : 8, versions };
  }

  get #startTimeLimitMs(): number {
    return this.#options.startTimeLimitMs ?? 120_000;
  }

  #refused(what: string, why: string): Error {
    return new Error(`${this.#options.name}: ${what} must be possible, got ${why}`);
  }

  /** Returns the versions of its libraries, from its first line. */
  async versions(): Promise<Readonly<Record<string, string>>> {
    return (await this.#ready).versions;
  }

  nextSequence(): number {
    this.#sequences++;
    return this.#sequences;
  }

  async request(what: string, fields: JsonObject, expected: Expected): Promise<Logits[]> {
    const { bytesPerElement } = await this.#ready;
    this.#requests++;
    const id = this.#requests;
    const { length, rows = 0, vocabSize = 0, fields: others = {} } = expected;
    const must = {
      id,
      ...(length === undefined ? {} : { length }),
      ...(rows > 0 ? { rows } : {}),
      ...others,
    };
    const rowBytes = vocabSize * bytesPerElement;
    const action = `answer ${what}`;
    const check: HeaderCheck = (header) => {
      checkField(action, header, "id", id);
      if (typeof header.error === "string") return 0;
      for (const [field, value] of Object.entries(must)) checkField(action, header, field, value);
      return rows * rowBytes;
    };
    const { timeLimitMs = 10_000 } = this.#options;
    const limit = what === "load" ? this.#startTimeLimitMs : timeLimitMs;
    const requestLine = { id, do: what, ...fields };
    const { header, body } = await this.#program.ask(action, requestLine, check, limit);
    if (typeof header.error === "string") throw this.#refused(what, header.error);
    return decode(body, rows, rowBytes, bytesPerElement);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
  }
}

function checkHello(
  header: JsonObject,
  config: ModelConfig | null,
  { capabilities = [] }: ProgramOptions,
): number {
  if (typeof header.error === "string") return 0;
  checkField("begin", header, "protocol", PROTOCOL);
  if (config !== null) {
    checkField("begin", header, "vocab_size", config.vocabSize);
    checkField("begin", header, "max_position_embeddings", config.maxPositionEmbeddings);
  }
  if (header.dtype !== "float32" && header.dtype !== "float64") {
    checkField("begin", header, "dtype", "float32 or float64");
  }
  const offered = Array.isArray(header.capabilities) ? header.capabilities : [];
  const missing = capabilities.find((capability) => !offered.includes(capability));
  if (missing === undefined) return 0;
  throw new RangeError(`must offer ${missing}, got ${JSON.stringify(offered).slice(0, 80)}`);
}

function checkField(action: string, header: JsonObject, field: string, must: unknown): void {
  if (header[field] === must) return;
  const got = JSON.stringify(header[field])?.slice(0, 80);
  throw new RangeError(`must ${action} with ${field} ${must}, got ${got}`);
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
