/**
 * Any program as a decoder. It reads requests from its standard input, one line of JSON each, and
 * writes answers to its standard output, one line of JSON each, some followed by numbers. Its
 * standard error is shown if it fails. It must end when its standard input ends.
 *
 * Its first line, before any request:
 *
 *     {"protocol":"causalgate 1","vocab_size":V,"max_position_embeddings":P,
 *      "dtype":"float32"|"float64","capabilities":["all-rows","rewind","fork","offset"]}
 *
 * or `{"error":"why it cannot start"}`. It then answers every request with its `id`:
 *
 *     {"id":1,"do":"start","sequence":1}                         -> {"id":1,"length":0}
 *     {"id":2,"do":"append","sequence":1,"tokens":[3,1,4],"rows":1}
 *                                        -> {"id":2,"length":3,"rows":1}, then the numbers
 *     {"id":3,"do":"rewind","sequence":1,"length":1}             -> {"id":3,"length":1}
 *     {"id":4,"do":"fork","sequence":1,"into":2}                 -> {"id":4,"length":1}
 *     {"id":5,"do":"stop","sequence":1}                          -> {"id":5,"length":0}
 *
 * With `offset`, `start` has the `position` of the first token if it is not 0. The first line may
 * also have the versions of its libraries, `"versions":{"LIBRARY":"1.2.3"}`.
 *
 * There is one request at a time. Sequence numbers are chosen by the client and used once; `length`
 * is the number of tokens in the sequence after the request. The numbers are the logits after each
 * of the last `rows` tokens, `[rows, V]`, row-major, little-endian, without separators: 1 row, or
 * with `all-rows` as many as there are tokens. A request that fails is answered with
 * `{"id":…,"error":"why"}` and must change nothing.
 *
 * A program with `load` serves any number of models. Its first line has no sizes. A folder holds
 * the files of a model, which must be read before the answer; `start` then has the `model` of the
 * sequence, and a model without sequences may be unloaded:
 *
 *     {"id":1,"do":"load","model":1,"path":"FOLDER"}
 *                                  -> {"id":1,"vocab_size":V,"max_position_embeddings":P}
 *     {"id":2,"do":"start","model":1,"sequence":1}               -> {"id":2,"length":0}
 *     {"id":9,"do":"unload","model":1}                           -> {"id":9}
 */

import { checkAppend, checkRewind, checkStart, type Decoder, type Sequence } from "../decoder.ts";
import type { JsonObject } from "../io/json.ts";
import type { Logits } from "../math/logits.ts";
import type { ModelConfig } from "../model/config.ts";
import { Connection, type ProgramCapability, type ProgramOptions } from "./connection.ts";

export type { ProgramOptions } from "./connection.ts";

/**
 * Returns a decoder that runs a program. The program is started with the first sequence and ended
 * when the decoder is disposed of or this process ends.
 *
 * A program that crashes, hangs, or writes too much or wrong answers is ended, and the call and all
 * later ones fail with `NAME: the program must …, got …`.
 *
 * @param config the configuration of its model
 */
export function processDecoder(config: ModelConfig, options: ProgramOptions): Decoder {
  let connection: Connection | null = null;
  return {
    name: options.name,
    config,
    capabilities: decoderCapabilities(options.capabilities),
    start: (position = 0) => {
      connection ??= new Connection(options, config);
      return startSequence(connection, config, position);
    },
    [Symbol.asyncDispose]: async () => {
      await connection?.[Symbol.asyncDispose]();
      connection = null;
    },
  };
}

/** Returns the capabilities of a decoder from those of a program. */
export function decoderCapabilities(
  offered: readonly ProgramCapability[] = [],
): Decoder["capabilities"] {
  return new Set(offered.filter((capability) => capability !== "load"));
}

/** Counts open sequences. */
export interface Holder {
  /** Number of open sequences. */
  open: number;
}

/**
 * Starts a sequence in a program.
 *
 * @param fields other fields of the request, such as the model
 * @throws {RangeError} on a position at which no sequence can start
 */
export async function startSequence(
  connection: Connection,
  config: ModelConfig,
  position: number,
  fields: JsonObject = {},
  holder: Holder = { open: 0 },
): Promise<Sequence> {
  checkStart(config, position);
  const sequence = connection.nextSequence();
  const offset = position === 0 ? {} : { position };
  await connection.request("start", { sequence, ...fields, ...offset }, { length: 0 });
  const fits = config.maxPositionEmbeddings - position;
  const limited = { ...config, maxPositionEmbeddings: fits };
  return new ProcessSequence(connection, limited, sequence, 0, holder);
}

class ProcessSequence implements Sequence {
  readonly #connection: Connection;
  readonly #config: ModelConfig;
  readonly #id: number;
  readonly #holder: Holder;
  #length: number;

  constructor(
    connection: Connection,
    config: ModelConfig,
    id: number,
    length: number,
    holder: Holder,
  ) {
    holder.open++;
    this.#holder = holder;
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
    return new ProcessSequence(this.#connection, this.#config, into, this.#length, this.#holder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#holder.open--;
    await this.#request("stop", {}, 0);
  }

  async #request(what: string, fields: JsonObject, length: number, rows = 0): Promise<Logits[]> {
    const sequence = { sequence: this.#id, ...fields };
    const { vocabSize } = this.#config;
    const expected = { length, rows, vocabSize };
    const logits = await this.#connection.request(what, sequence, expected);
    this.#length = length;
    return logits;
  }
}
