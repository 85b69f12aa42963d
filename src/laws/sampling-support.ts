import fc from "fast-check";
import { pick } from "../arbitraries/illegal.ts";
import { logitRows, sizedLogits } from "../arbitraries/logits.ts";
import { softmax } from "../math/softmax.ts";
import { choiceLaw } from "./law.ts";
import { samplerCanary } from "./support/canary.ts";
import { expectThat } from "./support/expect.ts";
import { expectChainRefused } from "./support/refused-chain.ts";
import { expectRefused, samplerOf, show } from "./support/sampler.ts";

interface Draw {
  row: Float64Array;
  rounding: number;
  /** Index of an illegal value. */
  bad: number;
}

export const samplingSupport = choiceLaw<Draw>({
  id: "sampling-support",
  name: "a token of probability 0 is never drawn",
  chapter: "draws",
  statement:
    "For every u, those at which the draw changes and their neighbours included, the token drawn has a positive probability, also where the probabilities sum to a little less or more than 1; a u outside [0, 1), probabilities of 0 alone, and an illegal option, id or logit are refused.",
  source: "the support of a distribution; float32 sums are off by up to 2^-24 a term",
  catches:
    "fallbacks to the last or the first id, u compared with <= or with the sum of the wrong side, masks of finite size",
  needs: ["sampler.draw", "sampler.distribution", "sampler.sample"],
  precondition: { name: "the last token has no probability, and the sum is below 1", floor: 0.1 },
  cases: (_subject, sizes) =>
    fc.record({
      row: fc.oneof(sizedLogits(sizes, { max: 8, most: 600 }), dropped()),
      rounding: fc.constantFrom(0, -(2 ** -24), 2 ** -24, -(2 ** -40)),
      bad: fc.nat(),
    }),
  check: ({ row, rounding, bad }, subject) => {
    const { draw, distribution, sample } = samplerOf(subject);
    const options = { topK: 3, temperature: 2 };
    for (const exact of [softmax(row), distribution(row, options)]) {
      const probs = exact.map((p) => p * (1 + rounding));
      for (const u of breakpoints(probs)) {
        const token = draw(probs, u);
        expectThat(probs[token] > 0, `draw(${show(probs)}, ${u}) is ${token}`);
      }
    }
    const probs = distribution(row, options);
    for (const u of breakpoints(probs)) {
      const token = sample(row, options, () => u);
      expectThat(
        probs[token] > 0,
        `sample(${show(row)}, ${fc.stringify(options)}, ${u}) is ${token}`,
      );
    }
    const u = pick([-(2 ** -53), 1, Number.NaN], bad);
    expectRefused(`draw accepted a u of ${u}`, () => draw(probs, u));
    expectRefused("draw accepted probabilities of 0", () =>
      draw(
        row.map(() => 0),
        0.5,
      ),
    );
    expectChainRefused("sample", { row, bad }, { options, history: [] }, (logits, given, ids) =>
      sample(logits, given, () => 0.5, ids),
    );
    return rounding < 0 && row[row.length - 1] === Number.NEGATIVE_INFINITY;
  },
  canaries: [
    samplerCanary("a sum below u gives the last id", ({ draw }) => ({
      draw: (probs, u) => {
        let sum = 0;
        for (let id = 0; id < probs.length; id++) sum += probs[id];
        return u < sum ? draw(probs, u) : probs.length - 1;
      },
    })),
  ],
});

/** Logits of which the last ones, and perhaps the first, are dropped already. */
function dropped(): fc.Arbitrary<Float64Array> {
  return fc
    .tuple(logitRows(6), fc.nat({ max: 2 }), fc.integer({ min: 1, max: 2 }))
    .map(([row, before, after]) => {
      const none = (count: number) => Array.from({ length: count }, () => Number.NEGATIVE_INFINITY);
      return Float64Array.from([...none(before), ...row, ...none(after)]);
    });
}

/** Every u in [0, 1) at which a draw may change, with the numbers next to it. */
function breakpoints(probs: Float64Array): number[] {
  let sum = 0;
  const sums = Array.from(probs, (p) => {
    sum += p;
    return sum;
  });
  const hair = 2 ** -53;
  const all = [0, ...sums, 1].flatMap((u) => [u - hair, u, u + hair]);
  return all.filter((u) => u >= 0 && u < 1);
}
