/** The protocol of process.ts, this side of it: requests to a running program, and its answers. */

import type { Capability } from "../decoder.ts";
import { isObject, type JsonObject } from "../io/json.ts";
import type { Logits } from "../math/logits.ts";
import type { ModelConfig } from "../model/config.ts";
import { type Check, Program } from "./program.ts";

const PROTOCOL = "causalgate 1";

/** What a program may offer beyond the least; `load` makes it serve any number of models. */
export type ProgramCapability =
  | Extract<Capability, "all-rows" | "rewind" | "fork" | "offset">
  | "load";

export interface ProgramOptions {
  /** Names it in reports and errors. */
  readonly name: string;
  /** The program and its parameters; no shell reads them. */
  readonly command: readonly [string, ...string[]];
  /** What of the protocol it offers; it has to say the same of itself. */
  readonly capabilities?: readonly ProgramCapability[];
  /** For every answer; default 10 s. */
  readonly timeLimitMs?: number;
  /** For its first line and for loading a model; default 2 min. */
  readonly startTimeLimitMs?: number;
}

/** What a program said first. */
interface Hello {
  readonly bytesPerElement: number;
  readonly versions: Readonly<Record<string, string>>;
}

/** What the answer to a request has to be. */
interface Expected {
  /** How many tokens the sequence holds afterwards. */
  readonly length?: number;
  /** How many rows of logits follow, and how wide each is. */
  readonly rows?: number;
  readonly vocabSize?: number;
  /** Fields that it has to have besides. */
  readonly fields?: JsonObject;
}

/** A running program that speaks the protocol. */
export class Connection implements AsyncDisposable {
  readonly #program: Program;
  readonly #options: ProgramOptions;
  readonly #ready: Promise<Hello>;
  #requests = 0;
  #sequences = 0;

  /** @param config of the one model that it computes; null where it loads models */
  constructor(options: ProgramOptions, config: ModelConfig | null) {
    this.#program = new Program(options.name, options.command);
    this.#options = options;
    this.#ready = this.#greet(config);
    this.#ready.catch(() => {}); // every request says it
  }

  async #greet(config: ModelConfig | null): Promise<Hello> {
    const check = (header: JsonObject) => checkHello(header, config, this.#options);
    const { header } = await this.#program.ask("at all", null, check, this.#startTimeLimitMs);
    if (typeof header.error === "string") throw this.#refused("to start", header.error);
    const said = isObject(header.versions) ? Object.entries(header.versions) : [];
    const versions = Object.fromEntries(said.map(([name, version]) => [name, String(version)]));
    return { bytesPerElement: header.dtype === "float32" ? 4 : 8, versions };
  }

  get #startTimeLimitMs(): number {
    return this.#options.startTimeLimitMs ?? 120_000;
  }

  #refused(what: string, why: string): Error {
    return new Error(`${this.#options.name}: ${what} must be possible, got ${why}`);
  }

  /** The versions of what it computes with, as it says. */
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
    const check: Check = (header) => {
      checkField(what, header, "id", id);
      if (typeof header.error === "string") return 0;
      for (const [field, value] of Object.entries(must)) checkField(what, header, field, value);
      return rows * rowBytes;
    };
    const { timeLimitMs = 10_000 } = this.#options;
    const limit = what === "load" ? this.#startTimeLimitMs : timeLimitMs;
    const question = { id, do: what, ...fields };
    const { header, body } = await this.#program.ask(what, question, check, limit);
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
  const what = "at all";
  checkField(what, header, "protocol", PROTOCOL);
  if (config !== null) {
    checkField(what, header, "vocab_size", config.vocabSize);
    checkField(what, header, "max_position_embeddings", config.maxPositionEmbeddings);
  }
  if (header.dtype !== "float32" && header.dtype !== "float64") {
    checkField(what, header, "dtype", "float32 or float64");
  }
  const offered = Array.isArray(header.capabilities) ? header.capabilities : [];
  const missing = capabilities.find((capability) => !offered.includes(capability));
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
