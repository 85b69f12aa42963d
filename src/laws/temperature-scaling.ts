import fc from "fast-check";
import { illegalTemperatures } from "../arbitraries/illegal.ts";
import { sizedLogits } from "../arbitraries/logits.ts";
import { coldest } from "../arbitraries/sampling-options.ts";
import { softmax } from "../math/softmax.ts";
import { derivedTolerances } from "../tolerance/arithmetics.ts";
import { choiceLaw } from "./law.ts";
import { samplerCanary } from "./support/canary.ts";
import { isColdest } from "./support/chain.ts";
import { expectThat } from "./support/expect.ts";
import { expectRefused, samplerOf, show, slack, slackOf } from "./support/sampler.ts";

interface TemperatureCase {
  row: Float64Array;
  power: number;
  other: number;
  cold: number;
}

export const temperatureScaling = choiceLaw<TemperatureCase>({
  id: "temperature-scaling",
  name: "temperature scales logits and keeps their order",
  chapter: "filters",
  statement:
    "Logits are divided by T: T = 1 is the identity, gaps scale by 1 / T, the largest stays the largest, and a higher T never lowers the entropy; the smallest T draws one of the largest logits, and T = 0 is greedy; a T below 0 is refused.",
  source: "Ackley, Hinton and Sejnowski 1985",
  catches:
    "multiplying by T, scaling only below 1, T = 0 passed through, negative T reversing the order, overflow or NaN at a small T",
  needs: ["sampler.temperatureScale", "sampler.greedy", "sampler.distribution"],
  precondition: { name: "T is not 1", floor: 0.5 },
  cases: (_subject, sizes) =>
    fc.record({
      row: sizedLogits(sizes),
      power: fc.integer({ min: -3, max: 3 }),
      other: fc.constantFrom(0, ...illegalTemperatures),
      cold: fc.constantFrom(1e-2, 1e-3, 1e-4, 1e-7, ...coldest),
    }),
  check: ({ row, power, other, cold }, subject) => {
    const sampler = samplerOf(subject);
    const T = 2 ** power; // a power of two: dividing by it is exact
    const what = `temperatureScale(${show(row)}, ${T})`;
    const scaled = sampler.temperatureScale(row, T);
    for (const [id, logit] of row.entries()) {
      expectThat(scaled[id] === logit / T, `${what}[${id}] is ${scaled[id]}`);
    }
    expectThat(sampler.greedy(scaled) === sampler.greedy(row), `${what} moved the largest`);
    if (!isColdest({ temperature: cold })) {
      const steep = sampler.temperatureScale(row, cold);
      const called = `temperatureScale(${show(row)}, ${cold})`;
      for (const [id, logit] of row.entries()) {
        const quotient = logit / cold;
        const isRight = steep[id] === quotient || isNear(steep[id], quotient);
        expectThat(isRight, `${called}[${id}] is ${steep[id]}, not ${quotient}`);
      }
    }
    const [cool, warm] = [entropy(softmax(row)), entropy(softmax(row.map((x) => x / 2)))];
    const measured = entropy(sampler.distribution(row, { temperature: 2 }));
    // Each probability is off by a share of itself, and so is its part of the entropy.
    const share = (slackOf(sampler) - slack) * (1 + Math.log(row.length));
    const allowed = derivedTolerances.entropy + share;
    expectThat(Math.abs(measured - warm) < allowed, `entropy at T = 2 is ${measured}, not ${warm}`);
    expectThat(measured >= cool - allowed, `entropy fell from ${cool} to ${measured} at T = 2`);
    const atZero = sampler.distribution(row, { temperature: 0 });
    expectThat(atZero[sampler.greedy(row)] === 1, `T = 0 gives ${show(atZero)}`);
    expectCold(row, cold, sampler.distribution(row, { temperature: cold }), slackOf(sampler));
    const accepted = `temperatureScale accepted ${other}`;
    expectRefused(accepted, () => sampler.temperatureScale(row, other));
    return power !== 0;
  },
  canaries: [
    samplerCanary("logits are multiplied by the temperature", ({ temperatureScale }) => ({
      temperatureScale: (logits, temperature) => temperatureScale(logits, 1 / temperature),
    })),
  ],
});

/** A sampler may multiply by 1 / T. */
function isNear(actual: number, expected: number): boolean {
  return Math.abs(actual - expected) <= derivedTolerances.penalisedLogit * Math.abs(expected);
}

/** Expects `softmax((row - max) / T)`. Below 1e-6 a sampler may take one of the largest for all. */
function expectCold(row: Float64Array, T: number, probs: Float64Array, allowed: number): void {
  const largest = row.reduce((a, b) => Math.max(a, b));
  const wanted = softmax(row.map((logit) => (logit - largest) / T));
  const what = `distribution(${show(row)}, T = ${T})`;
  let mass = 0;
  for (const [id, p] of wanted.entries()) {
    const isFree = T < 1e-6 && row[id] === largest;
    const isRight = isFree ? probs[id] >= 0 : Math.abs(probs[id] - p) <= allowed;
    if (!isRight) expectThat(false, `${what}[${id}] is ${probs[id]}, not ${p}`);
    mass += probs[id];
  }
  expectThat(
    Math.abs(mass - 1) <= allowed + derivedTolerances.probabilitySum,
    `${what} sums to ${mass}`,
  );
}

function entropy(probs: Float64Array): number {
  return -probs.reduce((sum, p) => (p > 0 ? sum + p * Math.log(p) : sum), 0);
}
