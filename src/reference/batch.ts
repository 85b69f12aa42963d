import { type Batch, checkAppend } from "../decoder.ts";
import type { Logits } from "../math/logits.ts";
import type { ModelConfig } from "../model/config.ts";
import type { ReferencePass } from "./forward.ts";
import { KvCache } from "./kv-cache.ts";

/** One sequence of a batch: the number of its tokens, and their keys and values. */
interface CachedRow {
  length: number;
  readonly cache: KvCache;
}

/**
 * Starts a batch of the reference decoder. Every row has a separate cache and separate positions,
 * and a step runs one token of one row, so the logits of a row are those that it has alone, bit for
 * bit.
 *
 * @throws {RangeError} if `rows` is not an integer from 0
 */
export function startBatch(config: ModelConfig, pass: ReferencePass, rows: number): Batch {
  if (!Number.isInteger(rows) || rows < 0) {
    throw new RangeError(`startBatch: rows must be an integer from 0, got ${rows}`);
  }
  return new ReferenceBatch(config, pass, rows);
}

class ReferenceBatch implements Batch {
  readonly #config: ModelConfig;
  readonly #pass: ReferencePass;
  #rows: CachedRow[];

  constructor(config: ModelConfig, pass: ReferencePass, rows: number) {
    this.#config = config;
    this.#pass = pass;
    this.#rows = Array.from({ length: rows }, () => this.#copy(null));
  }

  get lengths(): number[] {
    return this.#rows.map(({ length }) => length);
  }

  async append(rows: readonly (readonly number[])[]): Promise<(Logits | null)[]> {
    checkRows("append", "lists of tokens", rows, this.#rows.length);
    for (const [i, tokens] of rows.entries()) {
      const { length } = this.#rows[i];
      if (tokens.length > 0) checkAppend(this.#config, length, tokens, `append: row ${i}`);
    }
    return rows.map((tokens, i) => this.#append(this.#rows[i], tokens));
  }

  async appendPadded(
    rows: readonly (readonly number[])[],
    counts: readonly (readonly boolean[])[],
  ): Promise<(Logits | null)[]> {
    checkRows("appendPadded", "rows of tokens", rows, this.#rows.length);
    checkRows("appendPadded", "rows of counts", counts, this.#rows.length);
    for (const [i, row] of rows.entries()) {
      checkWidth(`row ${i} of tokens`, row, "row 0", rows[0]);
      checkWidth(`row ${i} of counts`, counts[i], "row 0 of tokens", rows[0]);
    }
    return this.append(rows.map((row, i) => row.filter((_, column) => counts[i][column])));
  }

  async select(rows: readonly (number | null)[]): Promise<void> {
    const B = this.#rows.length;
    for (const row of rows) {
      if (row === null || (Number.isInteger(row) && row >= 0 && row < B)) continue;
      throw new RangeError(`select: a row must be null or an integer in [0, ${B}), got ${row}`);
    }
    this.#rows = rows.map((row) => this.#copy(row === null ? null : this.#rows[row]));
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #append(row: CachedRow, tokens: readonly number[]): Logits | null {
    for (const token of tokens) {
      this.#pass.step(row.cache, token, row.length, row.length);
      row.length++;
    }
    return tokens.length === 0 ? null : this.#pass.logits();
  }

  /** Returns a row with the tokens of another, or an empty one. */
  #copy(row: CachedRow | null): CachedRow {
    const cache = new KvCache(this.#config);
    if (row !== null) cache.copyFrom(row.cache, row.length);
    return { length: row?.length ?? 0, cache };
  }
}

function checkRows(who: string, what: string, rows: readonly unknown[], expected: number): void {
  if (rows.length === expected) return;
  throw new RangeError(`${who}: there must be ${expected} ${what}, got ${rows.length}`);
}

function checkWidth(
  what: string,
  row: readonly unknown[],
  first: string,
  expected: readonly unknown[],
): void {
  if (row.length === expected.length) return;
  const must = `must have ${expected.length} columns, as ${first} has`;
  throw new RangeError(`appendPadded: ${what} ${must}, got ${row.length}`);
}
