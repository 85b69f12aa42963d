import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { configs } from "../src/arbitraries/configs.ts";
import { readSafetensors } from "../src/formats/safetensors.ts";
import { configFromJson } from "../src/model/config.ts";
import { buildWeights, initWeights, type Tensor } from "../src/model/weights.ts";
import { adamWStep, clipGradients, decays, zeroMoments } from "../src/training/adamw.ts";
import type { TrainingTask } from "../src/training/data/task.ts";
import type { Example } from "../src/training/loss.ts";
import { startTraining, trainStep } from "../src/training/train.ts";
import { property } from "./support.ts";

const options = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0 };

const tensor = (data: readonly number[], shape: readonly number[] = [data.length]): Tensor => ({
  name: "w",
  shape,
  data: Float64Array.from(data),
});

/** Value of a scalar after this number of steps with a constant gradient. */
function scalarAfter(
  steps: number,
  start: Tensor,
  gradient: number,
  rate: number,
  change = {},
): number {
  const w = { ...start, data: start.data.slice() };
  const moments = zeroMoments([w]);
  for (let step = 1; step <= steps; step++) {
    adamWStep([w], [tensor([gradient], w.shape)], moments, step, rate, { ...options, ...change });
  }
  return w.data[0];
}

const size = fc.double({ min: 1e-3, max: 1e3, noNaN: true });
const signed = fc.tuple(size, fc.constantFrom(-1, 1)).map(([x, sign]) => x * sign);
const beta = fc.double({ min: 0, max: 0.999, noNaN: true });
const rate = fc.double({ min: 1e-4, max: 0.5, noNaN: true });
const steps = fc.integer({ min: 1, max: 30 });

describe("AdamW", () => {
  property(
    "with a constant gradient moves by lr g / (|g| + eps) at every step, for all betas",
    fc.record({ w: signed, g: signed, beta1: beta, beta2: beta, rate, steps }),
    ({ w, g, beta1, beta2, rate, steps }) => {
      // Then m = (1 - beta1^t) g and v = (1 - beta2^t) g^2, and the corrections leave g and g^2.
      const expected = w - (steps * rate * g) / (Math.abs(g) + options.epsilon);
      const actual = scalarAfter(steps, tensor([w]), g, rate, { beta1, beta2 });
      expect(Math.abs(actual - expected)).toBeLessThan(1e-10 * (Math.abs(w) + steps * rate));
    },
  );

  property(
    "adds epsilon outside the root",
    fc.record({ w: signed, g: signed, rate, epsilon: size }),
    ({ w, g, rate, epsilon }) => {
      const expected = w - (rate * g) / (Math.abs(g) + epsilon);
      const actual = scalarAfter(1, tensor([w]), g, rate, { epsilon });
      expect(Math.abs(actual - expected)).toBeLessThan(1e-10 * (Math.abs(w) + rate));
    },
  );

  property(
    "without gradients shrinks matrices by (1 - lr decay)^t and does not change vectors, bit for bit",
    fc.record({ w: signed, rate, weightDecay: fc.double({ min: 0, max: 1, noNaN: true }), steps }),
    ({ w, rate, weightDecay, steps }) => {
      const expected = w * (1 - rate * weightDecay) ** steps;
      const matrix = scalarAfter(steps, tensor([w], [1, 1]), 0, rate, { weightDecay });
      expect(matrix).toBeCloseTo(expected, 9);
      expect(scalarAfter(steps, tensor([w]), 0, rate, { weightDecay })).toBe(w);
    },
  );

  property(
    "decays by lr decay w, independently of the gradient",
    fc.record({
      w: signed,
      g: signed,
      rate,
      weightDecay: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    ({ w, g, rate, weightDecay }) => {
      const plain = scalarAfter(1, tensor([w], [1, 1]), g, rate);
      const decayed = scalarAfter(1, tensor([w], [1, 1]), g, rate, { weightDecay });
      expect(plain - decayed).toBeCloseTo(rate * weightDecay * w, 9);
    },
  );

  property("decays matrices and embeddings, but no norms and biases", configs(), (config) => {
    for (const tensor of initWeights(config, 0).tensors) {
      expect(decays(tensor), tensor.name).toBe(!/norm|bias/.test(tensor.name));
    }
  });

  test("refuses gradients of other tensors", () => {
    const w = tensor([1]);
    const step = (gradients: Tensor[]) => () =>
      adamWStep([w], gradients, zeroMoments([w]), 1, 0.1, options);
    expect(step([])).toThrow(new RangeError("adamWStep: w must have its gradient, [1], got none"));
    expect(step([{ ...w, name: "v" }])).toThrow("w must have its gradient, [1], got v, [1]");
  });
});

describe("clipping", () => {
  const vectors = fc.array(signed, { minLength: 1, maxLength: 8 });
  const normOf = (...tensors: Tensor[]) => Math.hypot(...tensors.flatMap(({ data }) => [...data]));

  property(
    "to a norm above that of the gradients changes no bit",
    fc.tuple(vectors, vectors, fc.double({ min: 1.001, max: 10, noNaN: true })),
    ([a, b, more]) => {
      const gradients = [tensor(a), tensor(b)];
      const norm = normOf(...gradients);
      expect(clipGradients(gradients, norm * more)).toBeCloseTo(norm, 9);
      expect([[...gradients[0].data], [...gradients[1].data]]).toEqual([a, b]);
    },
  );

  property(
    "scales all tensors by the same factor, to the largest allowed norm",
    fc.tuple(vectors, vectors, fc.double({ min: 0.01, max: 0.99, noNaN: true })),
    ([a, b, less]) => {
      const gradients = [tensor(a), tensor(b)];
      const norm = normOf(...gradients);
      clipGradients(gradients, norm * less);
      const ratio = (less * norm) / (norm + 1e-6);
      expect(normOf(...gradients) / (norm * ratio)).toBeCloseTo(1, 12);
      for (const [i, x] of [...a, ...b].entries()) {
        const clipped = [...gradients[0].data, ...gradients[1].data][i];
        expect(clipped / (x * ratio)).toBeCloseTo(1, 12);
      }
    },
  );

  test.for([Number.NaN, Number.POSITIVE_INFINITY])("refuses a gradient of %d", (wrong) => {
    const message = `clipGradients: the norm of the gradients must be finite, got ${wrong}`;
    expect(() => clipGradients([tensor([1, wrong])], 1)).toThrow(new RangeError(message));
  });
});

interface Recorded {
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weight_decay: number;
  readonly max_norm: number;
  readonly learning_rates: readonly number[];
  readonly losses: readonly number[];
  readonly gradient_norms: readonly number[];
  readonly decayed: readonly string[];
}

describe.for(["llama", "gpt", "window"])("ten steps of PyTorch's AdamW on %s", (name) => {
  const folder = join("golden/gradients", name);
  const json = (file: string) => JSON.parse(readFileSync(join(folder, file), "utf8"));
  const config = configFromJson(json("config.json"));
  const { examples }: { examples: readonly Example[] } = json("batch.json");
  const recorded: Recorded = json("optimiser.json");

  /** The recorded batch, row by row, at every step. */
  function recordedTask(): TrainingTask {
    let drawn = 0;
    const train = () => examples[drawn++ % examples.length];
    return { name, length: 0, words: null, entropy: null, train, heldOut: train };
  }

  const read = async (file: string) =>
    new Map(
      (await readSafetensors(join(folder, file))).map((tensor) => [tensor.name, tensor.data]),
    );

  /** Runs the steps and compares each loss and norm, then the weights. */
  async function expectSteps(count: number): Promise<void> {
    const start = await read("weights.safetensors");
    const weights = buildWeights(config, (tensor) => start.get(tensor)!);
    const training = startTraining(config, weights);
    const task = recordedTask();
    for (let t = 0; t < count; t++) {
      const { loss, gradientNorm } = trainStep(training, task, {
        ...{ beta1: recorded.betas[0], beta2: recorded.betas[1], dropout: 0, seed: 0 },
        ...{ weightDecay: recorded.weight_decay, maxNorm: recorded.max_norm },
        ...{ peak: recorded.learning_rates[t], floor: recorded.learning_rates[t] },
        ...{ warmupSteps: 0, steps: count, batchSize: examples.length },
      });
      expect(Math.abs(loss - recorded.losses[t])).toBeLessThan(1e-9);
      expect(Math.abs(gradientNorm - recorded.gradient_norms[t])).toBeLessThan(1e-9);
    }
    const expected = await read(`after-${count}.safetensors`);
    expect(training.weights.tensors.map((tensor) => tensor.name).sort()).toEqual(
      [...expected.keys()].sort(),
    );
    for (const { name, data } of training.weights.tensors) {
      const errors = data.map((x, i) => Math.abs(x - expected.get(name)![i]));
      expect(Math.max(...errors), name).toBeLessThan(1e-9);
    }
  }

  test("decays the same tensors as PyTorch", () => {
    const { tensors } = initWeights(config, 0);
    expect(tensors.filter(decays).map((tensor) => tensor.name)).toEqual(recorded.decayed);
  });

  test.for([1, 10])("gives the recorded losses, norms and weights after %i", expectSteps);
});

test("the recorded epsilon is the one that training uses", () => {
  const text = readFileSync("golden/gradients/llama/optimiser.json", "utf8");
  expect(JSON.parse(text).eps).toBe(options.epsilon);
});
