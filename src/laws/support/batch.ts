import fc from "fast-check";
import type { Sizes } from "../../arbitraries/sizes.ts";
import { tokensOf } from "../../arbitraries/tokens.ts";
import type { Batch, Decoder } from "../../decoder.ts";
import type { Logits } from "../../math/logits.ts";
import type { ModelConfig } from "../../model/config.ts";
import type { Candidate } from "../../subjects/subject.ts";
import type { Tolerance } from "../../tolerance/compare.ts";
import { expectNextLogits, expectThat } from "./expect.ts";
import { freshLogits } from "./fresh-logits.ts";

export type RowTokens = readonly number[];

/** Returns the raw tokens of every row as new tokens: none for a row without, at most what fits. */
export function fitted(
  config: ModelConfig,
  held: readonly RowTokens[],
  raw: readonly RowTokens[],
): number[][] {
  const { maxPositionEmbeddings: P } = config;
  return held.map(({ length }, row) => tokensOf(config, raw[row] ?? [], P - length));
}

/**
 * Compares the results of a call with those of each row alone.
 *
 * @param held all tokens of every row, including those of the call
 * @throws {LawBroken} on other lengths, and on logits for a row that got no token or the other way
 *   round
 */
export async function expectRows(
  what: string,
  decoder: Decoder,
  batch: Batch,
  held: readonly RowTokens[],
  rows: readonly RowTokens[],
  logits: readonly (Logits | null)[],
  tolerance: Tolerance,
): Promise<void> {
  const lengths = held.map(({ length }) => length);
  expectThat(batch.lengths.join() === lengths.join(), `${what}: lengths are [${batch.lengths}]`);
  expectThat(logits.length === held.length, `${what}: ${logits.length} results of ${held.length}`);
  for (const [row, tokens] of held.entries()) {
    const result = logits[row];
    const got = `${what}, row ${row}: ${rows[row].length} tokens gave ${result && "logits"}`;
    expectThat((result === null) === (rows[row].length === 0), got);
    if (result === null) continue;
    const alone = await freshLogits(decoder, tokens);
    expectNextLogits(`${what}, row ${row} of ${held.length}`, tokens, result, alone, tolerance);
  }
}

/** Appends the raw tokens that fit, compares the results, and returns the tokens of each row. */
export async function appendAlone(
  what: string,
  decoder: Decoder,
  batch: Batch,
  held: readonly RowTokens[],
  raw: readonly RowTokens[],
  tolerance: Tolerance,
): Promise<RowTokens[]> {
  const rows = fitted(decoder.config, held, raw);
  const logits = await batch.append(rows);
  const now = held.map((tokens, row) => [...tokens, ...rows[row]]);
  await expectRows(what, decoder, batch, now, rows, logits, tolerance);
  return now;
}

/** A decoder and the calls on the rows of one batch. */
export interface BatchCase {
  candidate: Candidate;
  /** Raw tokens of every row, call by call. */
  rows: number[][][];
}

export const rowsOfCalls = (sizes: Sizes) =>
  sizes.rows(fc.array(sizes.tokens(0, 4), { minLength: 1, maxLength: 3 }), { min: 2, max: 4 });

/** Returns the calls: for each, the raw tokens of every row. */
export const callsOf = (rows: readonly number[][][]) =>
  Array.from({ length: Math.max(...rows.map(({ length }) => length)) }, (_, call) =>
    rows.map((calls) => calls[call] ?? []),
  );
