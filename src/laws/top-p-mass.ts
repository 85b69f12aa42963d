import fc from "fast-check";
import { illegalShares } from "../arbitraries/illegal.ts";
import { halves, sizedLogits, thresholds } from "../arbitraries/logits.ts";
import { softmax } from "../math/softmax.ts";
import { choiceLaw } from "./law.ts";
import { samplerCanary } from "./support/canary.ts";
import { expectThat } from "./support/expect.ts";
import {
  expectRefused,
  expectUpperSet,
  keptBy,
  type NucleusCase,
  samplerOf,
  show,
  slack,
  sumExactly,
} from "./support/sampler.ts";

/** A threshold that the mass of the most probable tokens equals, exactly. */
function equality(): fc.Arbitrary<NucleusCase> {
  return fc.tuple(halves(), fc.nat({ max: 15 })).map(([x, at]) => {
    const row = Float64Array.from(x);
    const descending = softmax(row).sort().reverse();
    const p = descending.slice(0, 1 + (at % row.length)).reduce((sum, mass) => sum + mass, 0);
    return { row, p: Math.min(1, p) };
  });
}

export const topPMass = choiceLaw<NucleusCase>({
  id: "top-p-mass",
  name: "the nucleus is the smallest upper set of mass p",
  chapter: "filters",
  statement:
    "Top-p keeps at least one token; what it keeps are the most probable ones; their mass is at least p, and without the least of them it is less, or by the other convention more than p and not more; p = 1 keeps all; the set grows with p; a p outside [0, 1] is refused.",
  source: "Holtzman et al. 2020, section 3.1",
  catches:
    "dropping the token that crosses p, one token too many, ascending order, p on logits, empty sets",
  needs: ["sampler.topP", "sampler.conventions"],
  precondition: { name: "p is strictly inside: some are kept and some dropped", floor: 0.15 },
  cases: (_subject, sizes) => {
    const anywhere = fc.record({ row: sizedLogits(sizes), p: thresholds() });
    return fc.oneof(anywhere, anywhere, equality());
  },
  check: ({ row, p }, subject) => {
    const { topP, conventions } = samplerOf(subject);
    const what = `topP(${show(row)}, ${p})`;
    const probs = softmax(row);
    const massOf = (ids: readonly number[]) => ids.reduce((sum, id) => sum + probs[id], 0);
    const kept = keptBy(what, row, topP(row, p));
    expectThat(kept.length > 0, `${what} keeps nothing`);
    expectUpperSet(what, row, kept);
    const rounding = sumExactly(probs) ? 0 : slack;
    const reaches = (mass: number, threshold: number) =>
      conventions.topPEquality === "stop" ? mass >= threshold : mass > threshold;
    const enough = p === 1 || reaches(massOf(kept), p - rounding);
    expectThat(enough, `${what} keeps ${kept} of mass ${massOf(kept)}`);
    const least = kept.reduce((a, b) => (row[b] <= row[a] ? b : a));
    const others = kept.filter((id) => id !== least);
    const needless = `${what} keeps ${kept}; already ${others} have mass ${massOf(others)}`;
    if (p < 1) expectThat(others.length === 0 || !reaches(massOf(others), p + rounding), needless);
    else expectThat(kept.length === row.filter(Number.isFinite).length, `${what} keeps ${kept}`);
    const smaller = keptBy(what, row, topP(row, p / 2));
    const ids = new Set(kept);
    expectThat(
      smaller.every((id) => ids.has(id)),
      `${what} lost a token of p / 2`,
    );
    for (const bad of illegalShares) expectRefused(`topP accepted ${bad}`, () => topP(row, bad));
    return kept.length > 1 && kept.length < row.length;
  },
  canaries: [
    samplerCanary("the token that crosses p is dropped", ({ topP, greedy }) => ({
      topP: (logits, p) => {
        const kept = topP(logits, p);
        const least = kept.reduce(
          (low, logit, id) => (logit > -Infinity && (low < 0 || logit < kept[low]) ? id : low),
          -1,
        );
        return p < 1 && least !== greedy(logits) ? kept.with(least, -Infinity) : kept;
      },
    })),
  ],
});
