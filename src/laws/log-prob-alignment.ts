import fc from "fast-check";
import { illegalIds, pick } from "../arbitraries/illegal.ts";
import type { Sizes } from "../arbitraries/sizes.ts";
import { longestSmallContext, rawTokens, tokensOf } from "../arbitraries/tokens.ts";
import type { Decoder } from "../decoder.ts";
import { forward } from "../definition.ts";
import type { Candidate } from "../subjects/subject.ts";
import { derivedTolerances } from "../tolerance/arithmetics.ts";
import { logProbAllowance } from "../tolerance/derived.ts";
import { law } from "./law.ts";
import { generationCanary } from "./support/canary.ts";
import { expectThat } from "./support/expect.ts";
import { expectLogProbs } from "./support/log-probs.ts";
import { expectCallRefused } from "./support/refused-calls.ts";
import { generationOf } from "./support/texts.ts";

interface Text {
  candidate: Candidate;
  tokens: number[];
  /** Index of an illegal text. */
  bad: number;
}

/** Larger vocabularies are not summed over, as each of their tokens is one more call. */
const mostSummed = 300;

export const logProbAlignment = law<Text>({
  id: "log-prob-alignment",
  name: "each log-probability belongs to its token",
  chapter: "generation",
  statement:
    "Every token but the first has one: the logarithm of the softmax of the logits after the tokens before it, however these are split into calls, and equal to the definition's; over the whole vocabulary the probabilities of a next token sum to 1; fewer than two tokens, more than P + 1 and illegal ids are refused.",
  source: "the chain rule: log p(text) = sum of log p(t_i | t_0 ... t_i-1)",
  catches:
    "log-probabilities of the next token or the one before, offsets after a cache hit, sums over another axis, raw logits",
  needs: ["generation.logProbs", "all-rows"],
  precondition: { name: "at least two log-probabilities", floor: 0.5 },
  cases: (subject, sizes) =>
    fc.record({ candidate: subject.candidates, tokens: texts(sizes), bad: fc.nat() }),
  check: async ({ candidate: { decoder, model }, tokens: raw, bad }, subject) => {
    const { logProbs } = generationOf(subject);
    const { vocabSize: V, maxPositionEmbeddings: P } = decoder.config;
    const tokens = tokensOf(decoder.config, raw, P + 1); // the last one is never appended
    const actual = await logProbs(decoder, tokens);
    await using sequence = await decoder.start();
    const rows: ArrayLike<number>[] = [];
    for (const token of tokens.slice(0, -1)) rows.push(await sequence.append([token]));
    expectLogProbs("log-probabilities", tokens, actual, rows, subject.repeatable);
    if (model !== null) {
      const defined = forward(model.config, model.weights, tokens.slice(0, -1));
      expectLogProbs("the definition's", tokens, actual, defined, subject.accurate);
    }
    await expectRefused(decoder, tokens, bad, (text) => logProbs(decoder, text));
    const start = tokens.slice(0, Math.min(2, rows.length));
    if (V > mostSummed) return tokens.length > 2;
    let total = 0;
    for (let next = 0; next < V; next++) {
      total += Math.exp((await logProbs(decoder, [...start, next]))[start.length - 1]);
    }
    const { probabilitySum } = derivedTolerances;
    const allowed = probabilitySum + logProbAllowance(rows[start.length - 1], subject.repeatable);
    expectThat(Math.abs(total - 1) < allowed, `probabilities after [${start}] sum to ${total}`);
    return tokens.length > 2;
  },
  canaries: [
    generationCanary("log-probabilities are one token late", ({ logProbs }) => ({
      logProbs: async (decoder, tokens) => {
        const right = await logProbs(decoder, tokens);
        return [right[0], ...right.slice(0, -1)];
      },
    })),
  ],
});

/** Returns raw texts; in one of eight cases of small sizes one token more than the context. */
function texts(sizes: Sizes): fc.Arbitrary<number[]> {
  const short = sizes.tokens(2, 9);
  if (sizes.large !== null) return short;
  const longest = longestSmallContext + 1;
  return fc.oneof(
    { weight: 7, arbitrary: short },
    { weight: 1, arbitrary: rawTokens(longest, longest) },
  );
}

async function expectRefused(
  { config }: Decoder,
  tokens: readonly number[],
  which: number,
  logProbs: (tokens: readonly number[]) => Promise<number[]>,
): Promise<void> {
  const { vocabSize, maxPositionEmbeddings: P } = config;
  const tooLong = Array.from({ length: P + 2 }, () => 0);
  const illegal = illegalIds(vocabSize).map((id) => tokens.with(which % tokens.length, id));
  const bad = pick([[], tokens.slice(0, 1), tooLong, ...illegal], which);
  const call = () => logProbs(bad);
  await expectCallRefused({ what: `log-probabilities of [${bad}]`, call });
}
