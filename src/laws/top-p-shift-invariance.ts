import fc from "fast-check";
import { thresholds } from "../arbitraries/logits.ts";
import { choiceLaw } from "./law.ts";
import { samplerCanary } from "./support/canary.ts";
import { expectThat } from "./support/expect.ts";
import { keptBy, type NucleusCase, samplerOf, show } from "./support/sampler.ts";

export const topPShiftInvariance = choiceLaw<NucleusCase & { shift: number }>({
  id: "top-p-shift-invariance",
  name: "top-p reads probabilities, not logits",
  chapter: "filters",
  statement: "Adding a constant to all logits changes neither what top-p nor what top-k keeps.",
  source: "softmax(x + c) = softmax(x)",
  catches: "cumulative sums over raw logits",
  needs: ["sampler.topP", "sampler.topK"],
  precondition: { name: "the shift is not 0", floor: 0.8 },
  cases: () =>
    fc.record({ row: integers(), p: thresholds(), shift: fc.integer({ min: -64, max: 64 }) }),
  check: ({ row, p, shift }, subject) => {
    const { topP, topK } = samplerOf(subject);
    const shifted = row.map((logit) => logit + shift);
    const k = 1 + (Math.abs(shift) % row.length);
    for (const [what, filter] of [
      [`topP(., ${p})`, (x: Float64Array) => topP(x, p)],
      [`topK(., ${k})`, (x: Float64Array) => topK(x, k)],
    ] as const) {
      const [plain, moved] = [
        keptBy(what, row, filter(row)),
        keptBy(what, shifted, filter(shifted)),
      ];
      const message = `${what} keeps ${plain} of ${show(row)}, but ${moved} with ${shift} added`;
      expectThat(plain.join() === moved.join(), message);
    }
    return shift !== 0;
  },
  canaries: [
    samplerCanary("tokens with a logit above p are kept, whatever their mass", () => ({
      topP: (logits, p) => Float64Array.from(logits, (logit) => (logit > p ? logit : -Infinity)),
    })),
  ],
});

/** Small integers: adding an integer to them is exact. */
function integers(): fc.Arbitrary<Float64Array> {
  return fc
    .array(fc.integer({ min: -8, max: 8 }), { minLength: 1, maxLength: 12 })
    .map((row) => Float64Array.from(row));
}
