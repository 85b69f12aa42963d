import fc from "fast-check";
import { seededRandom } from "../math/random.ts";
import { softmax } from "../math/softmax.ts";
import { choiceLaw } from "./law.ts";
import { samplerCanary } from "./support/canary.ts";
import { expectThat } from "./support/expect.ts";
import { samplerOf, show } from "./support/sampler.ts";
import { type ErrorRates, testDraws } from "./support/sequential.ts";

/**
 * Of each case. A false alarm of one case is one of the law, so that alpha is small; a bias that is
 * there in every case may be missed in one of twenty.
 */
const rates: ErrorRates = { alpha: 1e-9, beta: 0.05, bias: 0.05 };

interface Draws {
  row: Float64Array;
  temperature: number;
  seed: number;
}

export const samplingFrequencies = choiceLaw<Draws>({
  id: "sampling-frequencies",
  name: "the draws follow the distribution, as far as draws can tell",
  chapter: "draws",
  statement: `A sequential test of a sampler's draws against softmax(logits / T): a correct sampler fails with a probability of at most ${rates.alpha} a case; a token whose probability is off by ${rates.bias} or more is missed with a probability of at most ${rates.beta}.`,
  source:
    "Wald 1945, Sequential Tests of Statistical Hypotheses; derived in src/laws/support/sequential.ts",
  catches: "biased draws of any origin, where nothing but the tokens drawn can be seen",
  needs: ["sampler.sample"],
  precondition: { name: "two tokens have a probability above 0.1", floor: 0.6 },
  cases: () =>
    fc.record({
      row: fc
        .array(fc.integer({ min: -16, max: 16 }), { minLength: 2, maxLength: 4, size: "max" })
        .map((x) => Float64Array.from(x, (eighths) => eighths / 8)),
      temperature: fc.constantFrom(1, 2, 0.5),
      seed: fc.noBias(fc.nat({ max: 0xffffffff })),
    }),
  check: ({ row, temperature, seed }, subject) => {
    const { sample } = samplerOf(subject);
    const random = seededRandom(seed);
    const probs = softmax(row.map((logit) => logit / temperature));
    const next = () => sample(row, { temperature }, random);
    const { biased, draws } = testDraws(probs, next, rates);
    const what = `sample(${show(row)}, { temperature: ${temperature} }) from seed ${seed}`;
    const claimed = biased === null ? "" : `of probability ${probs[biased]}`;
    expectThat(
      biased === null,
      `${what}: ${draws} draws say that token ${biased} ${claimed} is biased`,
    );
    return probs.filter((p) => p > 0.1).length > 1;
  },
  canaries: [
    samplerCanary("one draw in five is greedy", ({ sample, greedy }) => ({
      sample: (logits, options, random, history) =>
        random!() < 0.2 ? greedy(logits) : sample(logits, options, random, history),
    })),
  ],
});
