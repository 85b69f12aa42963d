import fc from "fast-check";
import { rawTokens, tokensOf } from "../../arbitraries/tokens.ts";
import type { Batch, Decoder } from "../../decoder.ts";
import type { Logits } from "../../math/logits.ts";
import type { ModelConfig } from "../../model/config.ts";
import type { Candidate } from "../../subjects/subject.ts";
import type { Tolerance } from "../../tolerance/compare.ts";
import { cold } from "./cold.ts";
import { expect, expectLast } from "./expect.ts";

export type RowTokens = readonly number[];

/** Raw tokens as new tokens of every row: nothing for a row without any, and no more than fit. */
export function fitted(
  config: ModelConfig,
  held: readonly RowTokens[],
  raw: readonly RowTokens[],
): number[][] {
  const { maxPositionEmbeddings: P } = config;
  return held.map(({ length }, row) => tokensOf(config, raw[row] ?? [], P - length));
}

/**
 * Judges what a call returned: every row must be what its tokens give alone.
 *
 * @param held all tokens of every row, those of the call included
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
  expect(batch.lengths.join() === lengths.join(), `${what}: lengths are [${batch.lengths}]`);
  expect(logits.length === held.length, `${what}: ${logits.length} results of ${held.length}`);
  for (const [row, tokens] of held.entries()) {
    const result = logits[row];
    const got = `${what}, row ${row}: ${rows[row].length} tokens gave ${result && "logits"}`;
    expect((result === null) === (rows[row].length === 0), got);
    if (result === null) continue;
    const alone = await cold(decoder, tokens);
    expectLast(`${what}, row ${row} of ${held.length}`, tokens, result, alone, tolerance);
  }
}

/** Appends what fits of the raw tokens, judges it, and returns what every row then holds. */
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

export interface BatchCase {
  candidate: Candidate;
  /** Raw tokens of every row, call by call. */
  rows: number[][][];
}

export const rowsOfCalls = () =>
  fc.array(fc.array(rawTokens(0, 4), { minLength: 1, maxLength: 3 }), {
    minLength: 2,
    maxLength: 4,
  });

/** The calls of all rows: what each of them gets in each. */
export const callsOf = (rows: readonly number[][][]) =>
  Array.from({ length: Math.max(...rows.map(({ length }) => length)) }, (_, call) =>
    rows.map((calls) => calls[call] ?? []),
  );
