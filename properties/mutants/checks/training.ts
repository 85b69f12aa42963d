/** Checks of training: the gate's own laws of gradients, PyTorch's opinion, and the optimiser. */
import fc from "fast-check";
import { expectThat } from "../../../src/laws/support/expect.ts";
import type { TrainingTask } from "../../../src/training/data/task.ts";
import { learningRateAt } from "../../../src/training/schedule.ts";
import { startTraining, trainStep } from "../../../src/training/train.ts";
import {
  checkGradientFixture,
  type GradientFixture,
  readGradientFixtures,
} from "../../gradients/fixtures.ts";
import { gradientLaws } from "../../gradients/index.ts";
import { expectClose, expectSame } from "../../gradients/law.ts";
import { type Check, check } from "./check.ts";

const once = () => fc.constant({});

export const trainingChecks: readonly Check[] = [
  ...gradientLaws.map(({ id, name, runs, cases, holds }) =>
    check(
      "training",
      id,
      name,
      runs,
      () => cases,
      (value) => {
        holds(value);
      },
    ),
  ),
  check(
    "training",
    "gradient-pytorch",
    "the loss and every gradient are those of PyTorch's autograd",
    1,
    once,
    async () => {
      for (const fixture of await readGradientFixtures()) checkGradientFixture(fixture);
    },
  ),
  check(
    "training",
    "adamw-pytorch",
    "ten steps give the weights that PyTorch's AdamW gives",
    1,
    once,
    async () => {
      for (const fixture of await readGradientFixtures()) checkSteps(fixture);
    },
  ),
  check(
    "training",
    "learning-rate-schedule",
    "the learning rate rises in equal parts to its peak and ends at its floor",
    50,
    () =>
      fc.record({
        warmupSteps: fc.integer({ min: 1, max: 9 }),
        more: fc.integer({ min: 1, max: 9 }),
      }),
    ({ warmupSteps, more }) => {
      const schedule = { peak: 3, floor: 1, warmupSteps, steps: warmupSteps + more };
      for (let step = 1; step <= warmupSteps; step++) {
        expectClose(
          `step ${step}`,
          learningRateAt(step, schedule),
          (3 * step) / warmupSteps,
          1e-12,
        );
      }
      const last = learningRateAt(schedule.steps, schedule);
      expectThat(last === 1, `the last step must have 1, got ${last}`);
    },
  ),
];

/** Ten steps on the recorded batch, row after row. */
function checkSteps({ name, config, weights, batch, optimiser, after }: GradientFixture): void {
  const training = startTraining(config, weights);
  let drawn = 0;
  const next = () => batch[drawn++ % batch.length];
  const task: TrainingTask = {
    name,
    length: 0,
    words: null,
    entropy: null,
    train: next,
    heldOut: next,
  };
  for (const rate of optimiser.learning_rates) {
    trainStep(training, task, {
      beta1: optimiser.betas[0],
      beta2: optimiser.betas[1],
      weightDecay: optimiser.weight_decay,
      maxNorm: optimiser.max_norm,
      peak: rate,
      floor: rate,
      warmupSteps: 0,
      steps: optimiser.learning_rates.length,
      batchSize: batch.length,
      dropout: 0,
      seed: 0,
    });
  }
  expectSame(`${name} after ten steps`, training.weights, after, 1e-9);
}
