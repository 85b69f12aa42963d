/** Log-probabilities: what a decoder says of a text, token by token. */
import fc from "fast-check";
import { rowIndex, scriptedDecoder } from "../arbitraries/scripted-decoder.ts";
import { rawTokens, tokensOf } from "../arbitraries/tokens.ts";
import { forward } from "../definition.ts";
import type { Candidate } from "../subjects/subject.ts";
import { allowance, type Tolerance } from "../tolerance/compare.ts";
import { show } from "./kept.ts";
import { expect, law } from "./law.ts";
import { generationOf } from "./texts.ts";

/** `l_v - max - ln sum e^(l - max)` */
function logProbOf(row: ArrayLike<number>, token: number): number {
  const logits = Array.from(row);
  const largest = Math.max(...logits);
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0);
  return row[token] - largest - Math.log(total);
}

/** Compares log-probabilities with those of the rows that they are read from. */
function expectLogProbs(
  what: string,
  tokens: readonly number[],
  actual: readonly number[],
  rows: readonly ArrayLike<number>[],
  tolerance: Tolerance,
): void {
  const count = `${what} are ${actual.length} for ${tokens.length} tokens`;
  expect(actual.length === tokens.length - 1, count);
  for (const [i, logProb] of actual.entries()) {
    const wanted = logProbOf(rows[i], tokens[i + 1]);
    // Both the token's logit and the logarithm may be off, and the formula rounds by itself.
    const largest = Math.max(...Array.from(rows[i], Math.abs));
    const allowed = 2 * allowance(rows[i], tolerance) + 1e-13 * (1 + largest);
    const after = `the one of ${tokens[i + 1]} after [${tokens.slice(0, i + 1)}]`;
    const right = logProb <= 0 && Math.abs(logProb - wanted) <= allowed;
    expect(right, `${what}: ${after} is ${logProb}, but should be ${wanted}`);
  }
}

interface Text {
  candidate: Candidate;
  tokens: number[];
}

export const aligned = law<Text>({
  code: "P-LOGP",
  name: "a log-probability is that of the token it stands for",
  statement:
    "There is one for every token but the first: the logarithm of the softmax of the logits after the tokens before it, in whatever calls these came, and as the definition has it; over the whole vocabulary the probabilities of a next token sum to 1; fewer than two tokens and illegal ids are refused.",
  source: "the chain rule: log p(text) = sum of log p(t_i | t_0 ... t_i-1)",
  catches:
    "log-probabilities of the next token or the one before, offsets after a cache hit, sums over another axis, raw logits",
  needs: ["generation.logProbs", "all-rows"],
  precondition: { name: "at least two log-probabilities", floor: 0.5 },
  cases: (subject) => fc.record({ candidate: subject.candidates, tokens: rawTokens(2, 9) }),
  check: async ({ candidate: { decoder, model }, tokens: raw }, subject) => {
    const { logProbs } = generationOf(subject);
    const { vocabSize: V } = decoder.config;
    const tokens = tokensOf(decoder.config, raw);
    const actual = await logProbs(decoder, tokens);
    await using sequence = await decoder.start();
    const rows: ArrayLike<number>[] = [];
    for (const token of tokens.slice(0, -1)) rows.push(await sequence.append([token]));
    expectLogProbs("log-probabilities", tokens, actual, rows, subject.repeatable);
    if (model !== null) {
      const defined = forward(model.config, model.weights, tokens.slice(0, -1));
      expectLogProbs("the definition's", tokens, actual, defined, subject.accurate);
    }
    const start = tokens.slice(0, Math.min(2, rows.length));
    let total = 0;
    for (let next = 0; next < V; next++) {
      total += Math.exp((await logProbs(decoder, [...start, next]))[start.length - 1]);
    }
    const allowed = 1e-9 + 2 * allowance(rows[start.length - 1], subject.repeatable);
    expect(Math.abs(total - 1) < allowed, `probabilities after [${start}] sum to ${total}`);
    await expectRejected("one token", () => logProbs(decoder, tokens.slice(0, 1)));
    await expectRejected(`[0, ${V}]`, () => logProbs(decoder, [0, V]));
    return tokens.length > 2;
  },
});

async function expectRejected(what: string, call: () => Promise<unknown>): Promise<void> {
  const accepted = await call().then(
    () => true,
    () => false,
  );
  expect(!accepted, `log-probabilities of ${what} were given`);
}

interface Gaps {
  rows: number[][];
  tokens: number[];
}

export const unlikely = law<Gaps>({
  code: "P-LOGP-FINITE",
  name: "an unlikely token has a finite log-probability",
  statement:
    "However far a token's logit lies below the largest, also where its probability is too small for a float64, its log-probability is finite and the difference of logits.",
  source: "log-sum-exp; e^-746 is 0 in float64",
  catches: "the logarithm of a softmax that has underflowed, or of one without the maximum",
  needs: ["generation.logProbs"],
  precondition: { name: "a token lies more than 745 below the largest", floor: 0.4 },
  cases: () =>
    fc.record({
      rows: fc.array(fc.tuple(logit(), logit(), logit()), { minLength: 1, maxLength: 4 }),
      tokens: fc.array(fc.nat({ max: 2 }), { minLength: 2, maxLength: 6 }),
    }),
  check: async ({ rows, tokens }, subject) => {
    const rowAfter = (held: readonly number[]) =>
      Float64Array.from(rows[rowIndex(held, rows.length)]);
    const actual = await generationOf(subject).logProbs(scriptedDecoder(3, 8, rowAfter), tokens);
    const after = tokens.slice(1).map((_, i) => rowAfter(tokens.slice(0, i + 1)));
    for (const [i, logProb] of actual.entries()) {
      const what = `log-probability ${i} of [${tokens}], after logits ${show(after[i])}, is ${logProb}`;
      expect(Number.isFinite(logProb), what);
    }
    expectLogProbs("log-probabilities", tokens, actual, after, "bitwise");
    return after.some((row, i) => Math.max(...row) - row[tokens[i + 1]] > 745);
  },
});

/** One of many sizes, so that gaps between two are small or far beyond the range of `e^x`. */
function logit(): fc.Arbitrary<number> {
  return fc.oneof(fc.integer({ min: -4000, max: 4000 }), fc.integer({ min: -9, max: 9 }));
}
