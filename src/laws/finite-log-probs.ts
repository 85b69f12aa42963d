import fc from "fast-check";
import { rowIndex, scriptedDecoder } from "../arbitraries/scripted-decoder.ts";
import { law } from "./law.ts";
import { generationCanary } from "./support/canary.ts";
import { expectThat } from "./support/expect.ts";
import { expectLogProbs } from "./support/log-probs.ts";
import { show } from "./support/sampler.ts";
import { generationOf } from "./support/texts.ts";

interface Gaps {
  rows: number[][];
  tokens: number[];
}

export const finiteLogProbs = law<Gaps>({
  id: "finite-log-probs",
  name: "an unlikely token has a finite log-probability",
  chapter: "generation",
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
      expectThat(Number.isFinite(logProb), what);
    }
    expectLogProbs("log-probabilities", tokens, actual, after, "bitwise");
    return after.some((row, i) => Math.max(...row) - row[tokens[i + 1]] > 745);
  },
  canaries: [
    generationCanary("the logarithm of a softmax is taken", ({ logProbs }) => ({
      logProbs: async (decoder, tokens) =>
        (await logProbs(decoder, tokens)).map((logProb) => Math.log(Math.exp(logProb))),
    })),
  ],
});

/** One of many sizes, so that gaps between two are small or far beyond the range of `e^x`. */
function logit(): fc.Arbitrary<number> {
  return fc.oneof(fc.integer({ min: -4000, max: 4000 }), fc.integer({ min: -9, max: 9 }));
}
