import fc from "fast-check";
import { sizedLogits } from "../arbitraries/logits.ts";
import { softmax } from "../math/softmax.ts";
import { derivedTolerances } from "../tolerance/arithmetics.ts";
import { choiceLaw } from "./law.ts";
import { samplerCanary } from "./support/canary.ts";
import { expectThat } from "./support/expect.ts";
import { expectRefused, samplerOf, show } from "./support/sampler.ts";

export const temperatureScaling = choiceLaw<{ row: Float64Array; power: number; other: number }>({
  id: "temperature-scaling",
  name: "temperature scales logits and keeps their order",
  chapter: "filters",
  statement:
    "Logits are divided by T: T = 1 is the identity, gaps scale by 1 / T, the largest stays the largest, and a higher T never lowers the entropy; T = 0 is greedy; a T below 0 is refused.",
  source: "Ackley, Hinton and Sejnowski 1985",
  catches:
    "multiplying by T, scaling only below 1, T = 0 passed through, negative T reversing the order",
  needs: ["sampler.temperatureScale", "sampler.greedy", "sampler.distribution"],
  precondition: { name: "T is not 1", floor: 0.5 },
  cases: (_subject, sizes) =>
    fc.record({
      row: sizedLogits(sizes),
      power: fc.integer({ min: -3, max: 3 }),
      other: fc.constantFrom(0, -1, Number.NaN, Number.POSITIVE_INFINITY),
    }),
  check: ({ row, power, other }, subject) => {
    const sampler = samplerOf(subject);
    const T = 2 ** power; // a power of two: dividing by it is exact
    const what = `temperatureScale(${show(row)}, ${T})`;
    const scaled = sampler.temperatureScale(row, T);
    for (const [id, logit] of row.entries()) {
      expectThat(scaled[id] === logit / T, `${what}[${id}] is ${scaled[id]}`);
    }
    expectThat(sampler.greedy(scaled) === sampler.greedy(row), `${what} moved the largest`);
    const [cool, warm] = [entropy(softmax(row)), entropy(softmax(row.map((x) => x / 2)))];
    const measured = entropy(sampler.distribution(row, { temperature: 2 }));
    expectThat(
      Math.abs(measured - warm) < derivedTolerances.entropy,
      `entropy at T = 2 is ${measured}, not ${warm}`,
    );
    expectThat(
      measured >= cool - derivedTolerances.entropy,
      `entropy fell from ${cool} to ${measured} at T = 2`,
    );
    const atZero = sampler.distribution(row, { temperature: 0 });
    expectThat(atZero[sampler.greedy(row)] === 1, `T = 0 gives ${show(atZero)}`);
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

function entropy(probs: Float64Array): number {
  return -probs.reduce((sum, p) => (p > 0 ? sum + p * Math.log(p) : sum), 0);
}
