/** Comparison of the gradient with two independent computations, without reverse mode. */
import { forward } from "../../src/definition.ts";
import { expectThat } from "../../src/laws/support/expect.ts";
import { seededRandom } from "../../src/math/random.ts";
import type { Model } from "../../src/model/model.ts";
import type { Weights } from "../../src/model/weights.ts";
import {
  type Example,
  type GradientOptions,
  IGNORED,
  lossAndGradients,
} from "../../src/training/gradients.ts";
import { along, directionOf, gradientCases, moved } from "./cases.ts";
import { dualLoss } from "./dual-loss.ts";
import { expectClose, type GradientLaw } from "./law.ts";

/** The loss of the definition: the mean of `-ln softmax` at the next label. */
function definedLoss({ config, weights }: Model, batch: readonly Example[]): number {
  const losses = batch.flatMap(({ tokens, labels = tokens }) => {
    const rows = forward(config, weights, tokens);
    return labels.slice(1).flatMap((label, t) => {
      if (label === IGNORED) return [];
      const largest = Math.max(...rows[t]);
      const total = rows[t].reduce((sum, score) => sum + Math.exp(score - largest), 0);
      return [Math.log(total) + largest - rows[t][label]];
    });
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

/** Longest step of a difference, along a direction of length 1; the first suitable one is used. */
const STEPS = [2 ** -6, 2 ** -9, 2 ** -12];

/** A difference with a bound above this share of the slope is inconclusive. */
const USEFUL = 1e-7;

/**
 * Central differences with steps h, h/2, h/4 and h/8, extrapolated twice to step 0 (Richardson
 * 1911), from the three longer and from the three shorter steps. The error of the second result is
 * less than the change between the two, which is `O(h^6)`, plus the rounding of the losses, about
 * 16 units in the last place, over the shortest step: with h = 2^-6 that is 2e-12. Shorter steps
 * are needed only where a norm divides by a number close to 0.
 */
function difference(model: Model, batch: readonly Example[], direction: Weights, h: number) {
  const central = (step: number) => {
    const [after, before] = [step, -step].map((s) => {
      return definedLoss(moved(model, direction, s), batch);
    });
    return { slope: (after - before) / (2 * step), size: 1 + Math.abs(after) + Math.abs(before) };
  };
  const steps = [h, h / 2, h / 4, h / 8].map(central);
  const extrapolated = (slopes: readonly number[], power: number) =>
    slopes.slice(1).map((fine, i) => (power * fine - slopes[i]) / (power - 1));
  const once = extrapolated(
    steps.map(({ slope }) => slope),
    4,
  );
  const [before, slope] = extrapolated(once, 16);
  const rounding = (16 * 2 ** -52 * steps[3].size) / (h / 8);
  return { slope, bound: 2 * Math.abs(slope - before) + rounding };
}

/**
 * For an almost certain token the error of `p - 1` is that of float64's 1: 1e-16, times a slope.
 */
const CERTAIN = 1e-13;

/** Returns the same options at every call: one run uses up a random source. */
const dropped = (seed: number): GradientOptions =>
  seed % 3 === 0 ? {} : { dropout: { probability: 0.3, random: seededRandom(seed) } };

export const differences: GradientLaw = {
  id: "gradient-differences",
  name: "the gradient is the finite difference of the definition's loss",
  runs: 320,
  floor: 300,
  cases: gradientCases(),
  holds: ({ model, batch, seed }) => {
    const { loss, gradients } = lossAndGradients(model, batch);
    expectClose("the loss", loss, definedLoss(model, batch), 1e-11 * (1 + loss));
    const direction = directionOf(model, seed);
    const { sum, size } = along(gradients, direction);
    // A difference of a ReLU across 0 is not its derivative.
    const { kink } = dualLoss(model, direction, batch);
    for (const h of STEPS.filter((step) => 2 * step < kink)) {
      const { slope, bound } = difference(model, batch, direction, h);
      if (bound > USEFUL * size) continue;
      return expectClose("the slope", sum, slope, bound);
    }
    return null;
  },
};

export const duals: GradientLaw = {
  id: "gradient-dual-numbers",
  name: "the gradient is that of dual numbers, with dropout and adapters",
  runs: 300,
  floor: 300,
  cases: gradientCases(),
  holds: ({ model, batch, seed }) => {
    const options = dropped(seed);
    const { loss, gradients } = lossAndGradients(model, batch, options);
    const check = (what: string, moves?: (name: string) => boolean) => {
      const again = dropped(seed);
      const direction = directionOf(model, seed, moves);
      const { v, d } = dualLoss(model, direction, batch, again.dropout);
      expectClose("the loss", loss, v, 1e-11 * (1 + v));
      const { sum, size } = along(gradients, direction);
      const error = expectClose(`the slope along ${what}`, sum, d, 1e-10 * size + CERTAIN);
      return { error, next: again.dropout?.random() };
    };
    try {
      const { error, next } = check("all tensors");
      expectThat(next === options.dropout?.random(), "masks must take one number for every entry");
      return error;
    } catch (error) {
      for (const { name } of model.weights.tensors) check(name, (one) => one === name);
      throw error;
    }
  },
};
