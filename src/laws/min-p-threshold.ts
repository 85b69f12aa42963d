import fc from "fast-check";
import { illegalShares } from "../arbitraries/illegal.ts";
import { sizedLogits } from "../arbitraries/logits.ts";
import { softmax } from "../math/softmax.ts";
import { choiceLaw } from "./law.ts";
import { samplerCanary } from "./support/canary.ts";
import { expectThat } from "./support/expect.ts";
import { expectRefused, keptBy, samplerOf, show, slack, sumExactly } from "./support/sampler.ts";

interface Share {
  row: Float64Array;
  m: number;
}

export const minPThreshold = choiceLaw<Share>({
  id: "min-p-threshold",
  name: "min-p keeps what has a share of the largest probability",
  chapter: "filters",
  statement:
    "A token stays if and only if its probability is at least m times the largest one; m = 0 keeps all, m = 1 those that tie with the largest; an m outside [0, 1] is refused.",
  source: "Nguyen et al. 2024, Min-p Sampling, section 3",
  catches: "the first token's probability for the largest, shares of logits, the top token dropped",
  needs: ["sampler.minP"],
  precondition: {
    name: "some are kept, some dropped, and token 0 is not the largest",
    floor: 0.1,
  },
  cases: (_subject, sizes) => fc.record({ row: sizedLogits(sizes), m: shares() }),
  check: ({ row, m }, subject) => {
    const { minP } = samplerOf(subject);
    const what = `minP(${show(row)}, ${m})`;
    const kept = keptBy(what, row, minP(row, m));
    const probs = softmax(row);
    const largest = Math.max(...probs);
    const ids = new Set(kept);
    for (const [id, p] of probs.entries()) {
      if (row[id] === Number.NEGATIVE_INFINITY) continue;
      const near = Math.abs(p - m * largest) <= slack * largest;
      const exact = m === 0 || sumExactly(probs) || (m === 1 && p === largest);
      if (near && !exact) continue; // it may round either way
      const message = `${what} ${ids.has(id) ? "keeps" : "drops"} ${id} of probability ${p}`;
      expectThat(ids.has(id) === p >= m * largest, message);
    }
    for (const bad of illegalShares) expectRefused(`minP accepted ${bad}`, () => minP(row, bad));
    return kept.length > 1 && kept.length < row.length && probs[0] < largest;
  },
  canaries: [
    samplerCanary("the share is one of token 0's probability", ({ distribution, minP }) => ({
      minP: (logits, m) => {
        const probs = distribution(logits, {});
        return minP(logits, m).map((_, id) => (probs[id] >= m * probs[0] ? logits[id] : -Infinity));
      },
    })),
  ],
});

/** Shares of min-p, with its corners and shares that powers of two can equal. */
function shares(): fc.Arbitrary<number> {
  const small = fc.integer({ min: 1, max: 1000 }).map((m) => m / 1000);
  return fc.oneof(
    small,
    small.map((m) => m / 4),
    fc.constantFrom(0.5, 0, 1),
  );
}
