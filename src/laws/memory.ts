/** Memory: what was never written, was given back or belongs to the caller must not matter. */
import fc from "fast-check";
import { rawTokens, tokensOf } from "../arbitraries/tokens.ts";
import type { Sequence } from "../decoder.ts";
import type { Logits } from "../math/logits.ts";
import type { Weights } from "../model/weights.ts";
import type { Candidate } from "../subjects/subject.ts";
import { cold } from "./cache.ts";
import { type History, histories, replay } from "./history.ts";
import { expect, expectLast, law } from "./law.ts";

export const poisoned = law<History>({
  code: "P-POISON",
  name: "memory beyond the tokens held is never read",
  statement:
    "With NaN in everything that a sequence remembers beyond its tokens, written before every call, any history gives the same logits.",
  source: "0 * NaN = NaN: a mask that multiplies does not hide what it masks",
  catches:
    "masks sized by the allocated memory, fresh blocks read before they are written, rewound keys that still weigh in",
  needs: ["poison"],
  precondition: { name: "an append after a rewind, a fork or on a second sequence", floor: 0.3 },
  cases: (subject) =>
    fc.record({ candidate: subject.candidates, calls: histories(subject.capabilities) }),
  check: (history, subject) => replay(history, subject, (sequence) => sequence.poison!()),
});

interface Calls {
  candidate: Candidate;
  chunks: number[][];
  allRows: boolean[];
}

/** Bit for bit what an array of numbers holds. */
const same = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  a.length === b.length && Array.prototype.every.call(a, (value, i) => Object.is(value, b[i]));

export const noAlias = law<Calls>({
  code: "P-ALIAS",
  name: "what goes in and what comes out belongs to the caller",
  statement:
    "A call leaves its tokens, the weights and all logits returned before as they are, and what the caller later writes into them changes nothing.",
  source: "no shared mutable state: logits are values",
  catches:
    "one logits buffer for all calls, tokens kept by reference, weights or tokens changed in place",
  needs: [],
  precondition: { name: "a call after the caller wrote into tokens and logits", floor: 0.5 },
  cases: (subject) =>
    fc.record({
      candidate: subject.candidates,
      chunks: fc.array(rawTokens(1, 4), { minLength: 1, maxLength: 4 }),
      allRows: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    }),
  check: async ({ candidate: { decoder, model }, chunks, allRows }, subject) => {
    const { config, capabilities, weights = model?.weights ?? null } = decoder;
    const numbers = weights && numbersOf(weights);
    await using sequence = await decoder.start();
    let held: number[] = [];
    const rows: OwnedRow[] = [];
    for (const [i, raw] of chunks.entries()) {
      const tokens = tokensOf(config, raw, config.maxPositionEmbeddings - held.length);
      if (tokens.length === 0) break;
      held = [...held, ...tokens];
      const sent = [...tokens];
      const returned = await appendWith(sequence, sent, capabilities.has("all-rows") && allRows[i]);
      expect(same(sent, tokens), `call ${i} changed its tokens [${tokens}] to [${sent}]`);
      const expected = await cold(decoder, held);
      expectLast(`call ${i}`, held, returned.at(-1)!, expected, subject.repeatable);
      rows.push(...returned.map((row) => ({ row, known: row.slice() })));
      expectIntact(rows, `call ${i}`);
      sent.fill(0);
      for (const owned of rows.slice(-returned.length)) {
        owned.known = owned.row.fill(Number.NaN).slice();
        expectIntact(rows, `writing into a row of call ${i}`);
      }
    }
    expect(weights === null || same(numbers!, numbersOf(weights)), "the weights have changed");
    return chunks.length > 1;
  },
});

/** Logits that the caller holds, and what it knows them to be. */
interface OwnedRow {
  readonly row: Logits;
  known: Logits;
}

/** @throws {LawBroken} when something other than its owner wrote into a row */
function expectIntact(rows: readonly OwnedRow[], what: string): void {
  const at = rows.findIndex(({ row, known }) => !same(row, known));
  expect(at < 0, `${what} changed row ${at} of all logits returned`);
}

async function appendWith(sequence: Sequence, tokens: number[], all: boolean): Promise<Logits[]> {
  return all ? sequence.appendAll(tokens) : [await sequence.append(tokens)];
}

const numbersOf = ({ tensors }: Weights) => tensors.flatMap(({ data }) => [...data]);

interface Reuse {
  candidate: Candidate;
  long: number[];
  short: number[];
}

export const reuse = law<Reuse>({
  code: "P-REUSE",
  name: "a decoder that was used is as good as new",
  statement:
    "After a sequence that filled the context has ended, a new one gives the logits that it gave before, and those of a decoder that was built anew.",
  source: "a decoder is a pure function; two different inputs in a row find stuck state",
  catches:
    "buffers that still hold the last request, frequencies rescaled by a long one and kept, shapes of the first call",
  needs: [],
  precondition: { name: "the sequence before was at least twice as long", floor: 0.6 },
  cases: (subject) =>
    fc.record({
      candidate: subject.candidates,
      long: rawTokens(1, 4),
      short: rawTokens(1, 5),
    }),
  check: async ({ candidate, ...raw }, subject) => {
    const { model } = candidate;
    const built = subject.build !== null && model !== null;
    const decoder = built ? subject.build(model) : candidate.decoder;
    const { maxPositionEmbeddings: P } = decoder.config;
    const short = tokensOf(decoder.config, raw.short);
    const pattern = tokensOf(decoder.config, raw.long);
    const long = Array.from({ length: P }, (_, t) => pattern[t % pattern.length]);
    const before = await cold(decoder, short);
    const filled = await cold(decoder, long);
    const after = await cold(decoder, short);
    expectLast(`${P} tokens later`, short, after, before, subject.repeatable);
    if (built) {
      const anew = async (tokens: number[]) => cold(subject.build!(model), tokens);
      expectLast("built anew", short, after, await anew(short), subject.repeatable);
      expectLast("built anew", long, filled, await anew(long), subject.repeatable);
    }
    return P >= 2 * short.length;
  },
});
