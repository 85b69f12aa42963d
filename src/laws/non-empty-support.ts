import fc from "fast-check";
import { choiceLaw } from "./law.ts";
import { samplerCanary } from "./support/canary.ts";
import { type ChainCase, chainCases, foldedChain } from "./support/chain.ts";
import { expectThat } from "./support/expect.ts";
import { expectChainRefused } from "./support/refused-chain.ts";
import { expectRefused, samplerOf, show, slackOf } from "./support/sampler.ts";

interface RefusedChain extends ChainCase {
  /** Index of an illegal value. */
  bad: number;
}

export const nonEmptySupport = choiceLaw<RefusedChain>({
  id: "non-empty-support",
  name: "the chain always leaves a token",
  chapter: "filters",
  statement:
    "Whatever the options, the probabilities are not negative, sum to 1, and lie on tokens whose logit is finite: at least one is left. Where no logit is finite to begin with, there is an error, and so there is for a logit that is not a number, and for an illegal option or id.",
  source: "a distribution",
  catches: "filters that together drop everything, NaN from an empty set, mass on dropped tokens",
  needs: ["sampler.distribution"],
  precondition: {
    name: "two of top-k, top-p and min-p are given, and tokens are dropped",
    floor: 0.5,
  },
  cases: (subject, sizes) =>
    fc
      .tuple(chainCases(subject, sizes), fc.nat())
      .map(([chain, bad]): RefusedChain => ({ ...chain, bad })),
  check: (value, subject) => {
    const sampler = samplerOf(subject);
    const fitting = foldedChain(value, sampler);
    if (fitting === null) return false;
    const { row } = value;
    const { options, history } = fitting;
    const what = `distribution(${show(row)}, ${fc.stringify(options)}, [${history}])`;
    const probs = sampler.distribution(row, options, history);
    expectThat(probs.length === row.length, `${what} has ${probs.length} of ${row.length} tokens`);
    for (const [id, p] of probs.entries()) {
      const legal = p >= 0 && (p === 0 || Number.isFinite(row[id]));
      expectThat(legal, `${what}[${id}] is ${p}, the logit ${row[id]}`);
    }
    const total = probs.reduce((sum, p) => sum + p, 0);
    expectThat(Math.abs(total - 1) <= slackOf(sampler), `${what} sums to ${total}`);
    const none = row.map(() => Number.NEGATIVE_INFINITY);
    expectRefused(`distribution(${show(none)}) gave something`, () =>
      sampler.distribution(none, options, history),
    );
    expectChainRefused("distribution", value, fitting, (bad, given, ids) =>
      sampler.distribution(bad, given, ids),
    );
    const filters = ["topK", "topP", "minP"] as const;
    const given = filters.filter((name) => options[name] !== undefined).length;
    return given > 1 && probs.includes(0);
  },
  canaries: [
    samplerCanary("top-p reads what top-k left, not renormalised", (sampler) => ({
      distribution: (logits, { topP = 1, minP = 0, ...others }, history) => {
        const all = sampler.distribution(logits, { ...others, topK: 0 }, history);
        const left = sampler.distribution(logits, others, history);
        const mass = left.reduce((sum, p, id) => (p > 0 ? sum + all[id] : sum), 0);
        if (mass <= 1 - topP) return left.fill(0);
        return sampler.distribution(left.map(Math.log), { topP, minP });
      },
    })),
  ],
});
