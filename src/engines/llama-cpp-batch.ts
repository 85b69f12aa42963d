import { type Batch, checkAppend, type Sequence } from "../decoder.ts";
import type { Logits } from "../math/logits.ts";
import type { ModelConfig } from "../model/config.ts";

/**
 * Rows that are sequences of one context. Tokens that are appended together are decoded together:
 * the package collects them until the next turn of the event loop.
 */
export class LlamaCppBatch implements Batch {
  readonly #config: ModelConfig;
  readonly #start: () => Promise<Sequence>;
  #rows: Sequence[];

  private constructor(config: ModelConfig, start: () => Promise<Sequence>, rows: Sequence[]) {
    this.#config = config;
    this.#start = start;
    this.#rows = rows;
  }

  /**
   * @param start returns an empty sequence
   * @throws {RangeError} if `rows` is not an integer from 0
   */
  static async start(
    config: ModelConfig,
    rows: number,
    start: () => Promise<Sequence>,
  ): Promise<LlamaCppBatch> {
    if (!Number.isInteger(rows) || rows < 0) {
      throw new RangeError(`startBatch: rows must be an integer from 0, got ${rows}`);
    }
    return new LlamaCppBatch(config, start, await Promise.all(Array.from({ length: rows }, start)));
  }

  get lengths(): number[] {
    return this.#rows.map(({ length }) => length);
  }

  async append(rows: readonly (readonly number[])[]): Promise<(Logits | null)[]> {
    if (rows.length !== this.#rows.length) {
      const must = `there must be ${this.#rows.length} lists of tokens`;
      throw new RangeError(`append: ${must}, got ${rows.length}`);
    }
    for (const [i, tokens] of rows.entries()) {
      const { length } = this.#rows[i];
      if (tokens.length > 0) checkAppend(this.#config, length, tokens, `append: row ${i}`);
    }
    return Promise.all(
      rows.map((tokens, i) => (tokens.length === 0 ? null : this.#rows[i].append(tokens))),
    );
  }

  async appendPadded(): Promise<never> {
    throw new TypeError("appendPadded: must be offered, got a batch without padding");
  }

  /** The first use of a row keeps its sequence; every further use copies it. */
  async select(rows: readonly (number | null)[]): Promise<void> {
    const B = this.#rows.length;
    for (const row of rows) {
      if (row === null || (Number.isInteger(row) && row >= 0 && row < B)) continue;
      throw new RangeError(`select: a row must be null or an integer in [0, ${B}), got ${row}`);
    }
    const old = this.#rows;
    for (const [i, row] of old.entries()) if (!rows.includes(i)) await row[Symbol.asyncDispose]();
    this.#rows = await Promise.all(
      rows.map((row, i) => {
        if (row === null) return this.#start();
        return rows.indexOf(row) === i ? old[row] : old[row].fork();
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const row of this.#rows) await row[Symbol.asyncDispose]();
  }
}
