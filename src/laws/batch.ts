/** Batches: a row is a sequence like any other, whatever stands beside it. */
import fc from "fast-check";
import { rawTokens, tokensOf } from "../arbitraries/tokens.ts";
import type { Batch, Decoder } from "../decoder.ts";
import type { Logits } from "../math/logits.ts";
import type { ModelConfig } from "../model/config.ts";
import type { Candidate } from "../subjects/subject.ts";
import type { Tolerance } from "../tolerance/compare.ts";
import { cold } from "./cache.ts";
import { expect, expectLast, law } from "./law.ts";

type Tokens = readonly number[];

/** Raw tokens as new tokens of every row: nothing for a row without any, and no more than fit. */
function fitted(config: ModelConfig, held: readonly Tokens[], raw: readonly Tokens[]): number[][] {
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
  held: readonly Tokens[],
  rows: readonly Tokens[],
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
async function appendAlone(
  what: string,
  decoder: Decoder,
  batch: Batch,
  held: readonly Tokens[],
  raw: readonly Tokens[],
  tolerance: Tolerance,
): Promise<Tokens[]> {
  const rows = fitted(decoder.config, held, raw);
  const logits = await batch.append(rows);
  const now = held.map((tokens, row) => [...tokens, ...rows[row]]);
  await expectRows(what, decoder, batch, now, rows, logits, tolerance);
  return now;
}

interface Rows {
  candidate: Candidate;
  /** Raw tokens of every row, call by call. */
  rows: number[][][];
}

const rowsOfCalls = () =>
  fc.array(fc.array(rawTokens(0, 4), { minLength: 1, maxLength: 3 }), {
    minLength: 2,
    maxLength: 4,
  });

/** The calls of all rows: what each of them gets in each. */
const callsOf = (rows: readonly number[][][]) =>
  Array.from({ length: Math.max(...rows.map(({ length }) => length)) }, (_, call) =>
    rows.map((calls) => calls[call] ?? []),
  );

export const rowAlone = law<Rows>({
  code: "P-BATCH",
  name: "a row of a batch is the row alone",
  statement:
    "Rows of any lengths that advance in common calls give the logits of the same rows, each in a sequence of its own.",
  source: "batching saves the loading of weights; Pope et al. 2022, section 2",
  catches:
    "one position or one mask for all rows, caches that rows share, logits of another row's last token",
  needs: ["batch"],
  precondition: { name: "rows that hold tokens get different numbers of new ones", floor: 0.4 },
  cases: (subject) => fc.record({ candidate: subject.candidates, rows: rowsOfCalls() }),
  check: async ({ candidate: { decoder }, rows }, subject) => {
    await using batch = await decoder.startBatch!(rows.length);
    let held: Tokens[] = rows.map(() => []);
    let ragged = false;
    for (const [i, raw] of callsOf(rows).entries()) {
      const before = held;
      held = await appendAlone(`call ${i}`, decoder, batch, held, raw, subject.repeatable);
      const grown = held.map(({ length }, row) => (before[row].length > 0 ? length : 0));
      ragged ||= new Set(grown.filter((length) => length > 0)).size > 1;
    }
    return ragged;
  },
});

interface Permuted extends Rows {
  /** The places of rows in the second batch, ordered by these. */
  keys: number[];
}

export const rowOrder = law<Permuted>({
  code: "P-PERM",
  name: "the order of rows does not matter",
  statement: "The same rows in another order give the same logits in that order.",
  source: "a batch is a set of sequences",
  catches: "settings of the first row used for all, sums that depend on the row's place",
  needs: ["batch"],
  precondition: { name: "rows with different tokens change places", floor: 0.4 },
  cases: (subject) =>
    fc.record({
      candidate: subject.candidates,
      rows: rowsOfCalls(),
      keys: fc.array(fc.nat({ max: 9 }), { minLength: 4, maxLength: 4 }),
    }),
  check: async ({ candidate: { decoder }, rows, keys }, subject) => {
    const order = [...rows.keys()].sort((a, b) => keys[a] - keys[b]);
    await using plain = await decoder.startBatch!(rows.length);
    await using permuted = await decoder.startBatch!(rows.length);
    let held: Tokens[] = rows.map(() => []);
    for (const [i, raw] of callsOf(rows).entries()) {
      const tokens = fitted(decoder.config, held, raw);
      held = held.map((before, row) => [...before, ...tokens[row]]);
      const expected = await plain.append(tokens);
      const actual = await permuted.append(order.map((row) => tokens[row]));
      for (const [place, row] of order.entries()) {
        const [one, other] = [actual[place], expected[row]];
        const what = `call ${i}, row ${row} at place ${place} of [${order}]`;
        expect((one === null) === (other === null), `${what}: logits in one order only`);
        if (one && other) expectLast(what, held[row], one, other, subject.repeatable);
      }
    }
    return order.some((row, place) => held[row].join() !== held[place].join());
  },
});

interface Joining extends Rows {
  /** Between calls: which rows stay, and how many empty ones join them. */
  changes: { stay: boolean[]; join: number }[];
}

export const joinAndLeave = law<Joining>({
  code: "P-ISOL",
  name: "rows that join or leave change nothing for the others",
  statement:
    "Between calls, rows may leave and empty ones may join: every row goes on as it would alone.",
  source: "continuous batching; Yu et al. 2022 (Orca), section 3",
  catches:
    "rows misaligned after one leaves, a place whose last row is still remembered, tokens of another request",
  needs: ["batch"],
  precondition: {
    name: "a row that holds tokens goes on after another left or joined",
    floor: 0.4,
  },
  cases: (subject) =>
    fc.record({
      candidate: subject.candidates,
      rows: rowsOfCalls(),
      changes: fc.array(
        fc.record({
          stay: fc.array(fc.constantFrom(true, true, false), { minLength: 4, maxLength: 4 }),
          join: fc.nat({ max: 2 }),
        }),
        { minLength: 1, maxLength: 3 },
      ),
    }),
  check: async ({ candidate: { decoder }, rows, changes }, subject) => {
    await using batch = await decoder.startBatch!(rows.length);
    const calls = callsOf(rows);
    let held: Tokens[] = rows.map(() => []);
    held = await appendAlone("call 0", decoder, batch, held, calls[0], subject.repeatable);
    let bites = false;
    for (const [i, { stay, join }] of changes.entries()) {
      const staying = [...held.keys()].filter((row) => stay[row] ?? true);
      const chosen = [...staying, ...Array.from({ length: join }, () => null)];
      await batch.select(chosen);
      const before = held;
      held = chosen.map((row) => (row === null ? [] : before[row]));
      const moved = staying.length < before.length || join > 0;
      const raw = held.map((_, row) => calls[(i + 1) % calls.length][row % rows.length]);
      const what = `call ${i + 1} with rows [${chosen.map((row) => row ?? "new")}]`;
      const now = await appendAlone(what, decoder, batch, held, raw, subject.repeatable);
      bites ||= moved && held.some(({ length }, row) => length > 0 && now[row].length > length);
      held = now;
    }
    return bites;
  },
});

interface Beams {
  candidate: Candidate;
  prompts: number[][];
  rounds: { parents: number[]; tokens: number[] }[];
}

export const beams = law<Beams>({
  code: "P-BEAM",
  name: "reordered beams carry their caches with them",
  statement:
    "After rows are reordered or duplicated, each goes on with the tokens of the row that it came from.",
  source: "beam search: a hypothesis may continue any other; Sutskever et al. 2014, section 3.2",
  catches:
    "a reorder that is skipped, in some layers too, or done in place; duplicates that share a cache",
  needs: ["batch"],
  precondition: { name: "different beams cross", floor: 0.3 },
  cases: (subject) =>
    fc.record({
      candidate: subject.candidates,
      prompts: fc.array(rawTokens(1, 4), { minLength: 2, maxLength: 4 }),
      rounds: fc.array(
        fc.record({
          parents: fc.array(fc.nat({ max: 11 }), { minLength: 1, maxLength: 4 }),
          tokens: rawTokens(4, 4),
        }),
        { minLength: 1, maxLength: 4 },
      ),
    }),
  check: async ({ candidate: { decoder }, prompts, rounds }, subject) => {
    await using batch = await decoder.startBatch!(prompts.length);
    let held: Tokens[] = prompts.map(() => []);
    held = await appendAlone("prompts", decoder, batch, held, prompts, subject.repeatable);
    let crossed = false;
    for (const [i, { parents: raw, tokens }] of rounds.entries()) {
      const parents = raw.map((parent) => parent % held.length);
      await batch.select(parents);
      const before = held;
      held = parents.map((parent) => before[parent]);
      crossed ||= parents.some((a, beam) =>
        parents.slice(beam + 1).some((b) => b < a && before[a].join() !== before[b].join()),
      );
      const what = `round ${i}, beams from [${parents}]`;
      const next = held.map((_, beam) => [tokens[beam]]);
      held = await appendAlone(what, decoder, batch, held, next, subject.repeatable);
    }
    return crossed;
  },
});
