import fc from "fast-check";
import { tokensOf } from "../arbitraries/tokens.ts";
import type { Sequence } from "../decoder.ts";
import type { Logits } from "../math/logits.ts";
import type { Weights } from "../model/weights.ts";
import type { Candidate } from "../subjects/subject.ts";
import { law } from "./law.ts";
import { decoderCanary } from "./support/canary.ts";
import { expectNextLogits, expectThat } from "./support/expect.ts";
import { freshLogits } from "./support/fresh-logits.ts";
import { withSequences } from "./support/wrapped.ts";

interface Calls {
  candidate: Candidate;
  chunks: number[][];
  allRows: boolean[];
}

/** Bit for bit what an array of numbers holds. */
const same = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  a.length === b.length && Array.prototype.every.call(a, (value, i) => Object.is(value, b[i]));

export const noAliasing = law<Calls>({
  id: "no-aliasing",
  name: "tokens and logits belong to the caller",
  chapter: "memory",
  statement:
    "A call changes neither its tokens, nor the weights, nor logits returned earlier; later writes of the caller into tokens and logits change nothing.",
  source: "no shared mutable state: logits are values",
  catches:
    "one logits buffer for all calls, tokens kept by reference, weights or tokens changed in place",
  needs: [],
  precondition: { name: "a call after the caller wrote into tokens and logits", floor: 0.5 },
  cases: (subject, sizes) =>
    fc.record({
      candidate: subject.candidates,
      chunks: fc.array(sizes.tokens(1, 4), { minLength: 1, maxLength: 4 }),
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
      expectThat(same(sent, tokens), `call ${i} changed its tokens [${tokens}] to [${sent}]`);
      const expected = await freshLogits(decoder, held);
      expectNextLogits(`call ${i}`, held, returned.at(-1)!, expected, subject.repeatable);
      rows.push(...returned.map((row) => ({ row, known: row.slice() })));
      expectIntact(rows, `call ${i}`);
      sent.fill(0);
      for (const owned of rows.slice(-returned.length)) {
        owned.known = owned.row.fill(Number.NaN).slice();
        expectIntact(rows, `writing into a row of call ${i}`);
      }
    }
    expectThat(weights === null || same(numbers!, numbersOf(weights)), "the weights have changed");
    return chunks.length > 1;
  },
  canaries: [
    decoderCanary("a sequence returns one buffer every time", (decoder) =>
      withSequences(decoder, (sequence) => {
        let buffer: Logits | null = null;
        return {
          append: async (tokens) => {
            const logits = await sequence.append(tokens);
            buffer ??= logits.slice();
            buffer.set(logits);
            return buffer;
          },
        };
      }),
    ),
  ],
});

/** Logits that the caller holds, and what it knows them to be. */
interface OwnedRow {
  readonly row: Logits;
  known: Logits;
}

/** @throws {LawBroken} when something other than its owner wrote into a row */
function expectIntact(rows: readonly OwnedRow[], what: string): void {
  const at = rows.findIndex(({ row, known }) => !same(row, known));
  expectThat(at < 0, `${what} changed row ${at} of all logits returned`);
}

async function appendWith(sequence: Sequence, tokens: number[], all: boolean): Promise<Logits[]> {
  return all ? sequence.appendAll(tokens) : [await sequence.append(tokens)];
}

const numbersOf = ({ tensors }: Weights) => tensors.flatMap(({ data }) => [...data]);
