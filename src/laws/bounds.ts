/**
 * Bounds: the context limit works to the last position, and illegal input is refused, untouched.
 */
import fc from "fast-check";
import { rawTokens, tokensOf } from "../arbitraries/tokens.ts";
import type { Sequence } from "../decoder.ts";
import type { Candidate } from "../subjects/subject.ts";
import { cold } from "./cache.ts";
import { expect, expectLast, law } from "./law.ts";

interface Filled {
  candidate: Candidate;
  raw: number[];
}

/** @throws {LawBroken} unless the call rejects and leaves the length as it was */
async function expectRefused(sequence: Sequence, what: string, call: () => Promise<unknown>) {
  const { length } = sequence;
  const refused = await call().then(
    () => false,
    (error) => error instanceof Error,
  );
  expect(refused, `${what} was accepted`);
  const now = `${what} was refused, but the length went from ${length} to ${sequence.length}`;
  expect(sequence.length === length, now);
}

export const contextLimit = law<Filled>({
  code: "P-BOUND",
  name: "the context is usable to its last position and no further",
  statement:
    "A sequence takes exactly P tokens; one more is an error, after which the sequence is unchanged.",
  source: "config.max_position_embeddings",
  catches: "tables that are too short, limits that are one off, silent wrap-around",
  needs: [],
  precondition: { name: "the sequence was filled", floor: 0.9 },
  cases: (subject) => fc.record({ candidate: subject.candidates, raw: rawTokens(1, 4) }),
  check: async ({ candidate: { decoder }, raw }, subject) => {
    const { maxPositionEmbeddings: P } = decoder.config;
    const pattern = tokensOf(decoder.config, raw);
    const full = Array.from({ length: P }, (_, t) => pattern[t % pattern.length]);
    await using sequence = await decoder.start();
    await sequence.append(full.slice(0, -1));
    await expectRefused(sequence, `2 tokens with ${P - 1} of ${P} held`, () =>
      sequence.append([0, 0]),
    );
    const last = await sequence.append(full.slice(-1));
    expectLast("filled", full, last, await cold(decoder, full), subject.repeatable);
    await expectRefused(sequence, `token ${P + 1} of ${P}`, () => sequence.append([0]));
    return true;
  },
});

interface Illegal extends Filled {
  bad: number;
  at: number;
}

export const illegalInput = law<Illegal>({
  code: "P-ERRORS",
  name: "illegal input is refused and changes nothing",
  statement:
    "No token, or an id that is not an integer in [0, V), is an error; the sequence goes on as if it had not been asked.",
  source: "array bounds: an id outside the embedding reads another model's memory",
  catches:
    "ids that are clamped or wrapped, half-appended calls, errors after the cache was written",
  needs: [],
  precondition: { name: "the illegal id stood among legal ones", floor: 0.3 },
  cases: (subject) =>
    fc.record({
      candidate: subject.candidates,
      raw: rawTokens(1, 5),
      bad: fc.oneof(fc.constantFrom(-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY), fc.nat(9)),
      at: fc.nat(),
    }),
  check: async ({ candidate: { decoder }, raw, bad, at }, subject) => {
    const { config } = decoder;
    const tokens = tokensOf(config, raw, config.maxPositionEmbeddings - 1);
    const illegal = Number.isInteger(bad) && bad >= 0 ? config.vocabSize + bad : bad;
    const call = tokens.with(at % tokens.length, illegal);
    await using sequence = await decoder.start();
    await sequence.append(tokens);
    await expectRefused(sequence, "no token", () => sequence.append([]));
    await expectRefused(sequence, `[${call}]`, () => sequence.append(call));
    const held = [...tokens, tokens[0]];
    const what = `[${call}] refused`;
    const logits = await sequence.append(tokens.slice(0, 1));
    expectLast(what, held, logits, await cold(decoder, held), subject.repeatable);
    return tokens.length > 1;
  },
});
