import fc from "fast-check";
import { sizedLogits } from "../arbitraries/logits.ts";
import { softmax } from "../math/softmax.ts";
import { choiceLaw } from "./law.ts";
import { samplerCanary } from "./support/canary.ts";
import { expectThat } from "./support/expect.ts";
import { samplerOf, show, slack } from "./support/sampler.ts";

export const exactSampling = choiceLaw<{ row: Float64Array }>({
  id: "exact-sampling",
  name: "every token is drawn with exactly its probability",
  chapter: "draws",
  statement:
    "The draw is a step function of u. Its steps lie at the cumulative probabilities, so that each token has an interval as long as its probability; a token of probability 0 has none.",
  source: "inverse transform sampling; Devroye 1986, section III.2",
  catches:
    "off-by-one ids, unsorted or unnormalised mass, fallbacks that favour a token, draws outside the support",
  needs: ["sampler.draw"],
  precondition: { name: "at least two tokens have a probability, and one has none", floor: 0.05 },
  cases: (_subject, sizes) => fc.record({ row: sizedLogits(sizes, { most: 600 }) }),
  check: ({ row }, subject) => {
    const { draw } = samplerOf(subject);
    const probs = softmax(row);
    let start = 0;
    for (const [id, p] of probs.entries()) {
      const end = start + p;
      // Inside a step, a hair away from its ends, where sums may round either way.
      for (const u of [start + slack, (start + end) / 2, end - slack]) {
        if (p <= 4 * slack || u < 0 || u >= 1) continue;
        const drawn = draw(probs, u);
        expectThat(drawn === id, `draw(${show(probs)}, ${u}) is ${drawn}, not ${id}`);
      }
      start = end;
    }
    const extreme = draw(probs, 1 - 2 ** -53);
    expectThat(probs[extreme] > 0, `draw(${show(probs)}, 1 - 2^-53) is ${extreme}, probability 0`);
    expectThat(probs[draw(probs, 0)] > 0, `draw(${show(probs)}, 0) has probability 0`);
    return probs.filter((p) => p > 0).length > 1 && probs.some((p) => p === 0);
  },
  canaries: [
    samplerCanary("the id after the right one is drawn", ({ draw }) => ({
      draw: (probs, u) => (draw(probs, u) + 1) % probs.length,
    })),
  ],
});
