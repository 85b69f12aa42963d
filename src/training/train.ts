/** The training loop: batches and masks from (seed, step) alone, so that any step can be redone. */
import type { ModelConfig } from "../model/config.ts";
import { buildWeights, type Tensor, type Weights } from "../model/weights.ts";
import { type AdamWOptions, adamWStep, clipGradients, type Moments, zeroMoments } from "./adamw.ts";
import type { Task } from "./data/task.ts";
import { lossAndGradients } from "./gradients.ts";
import { learningRateAt, type Schedule } from "./schedule.ts";
import { stepRandom } from "./streams.ts";

export interface TrainingOptions extends Schedule, Omit<AdamWOptions, "epsilon"> {
  /** Rows for each step. */
  readonly batchSize: number;
  /** The probability of dropout, in training only. */
  readonly dropout: number;
  /** The largest norm of the gradients together; see {@link clipGradients}. */
  readonly maxNorm: number;
  /** One seed, one run, to the last bit. */
  readonly seed: number;
}

/** A model that is being trained, after `step` steps. */
export interface Training {
  readonly config: ModelConfig;
  /** Changed in place by every step. */
  readonly weights: Weights;
  /** What is trained: the adapters where there are some, else everything. */
  readonly trained: readonly Tensor[];
  readonly moments: Moments;
  step: number;
}

/** What a step says of itself. */
export interface StepReport {
  /** From 1. */
  readonly step: number;
  /** Of the step's batch, before its weights changed, in nats for each counted token. */
  readonly loss: number;
  readonly counted: number;
  readonly learningRate: number;
  /** Before clipping. */
  readonly gradientNorm: number;
}

const epsilon = 1e-8;

/**
 * A training at step 0. A model with adapters trains these alone and computes with the base's own
 * memory, which no step writes to; any other model is copied.
 */
export function startTraining(config: ModelConfig, initial: Weights): Training {
  const trains = trainsOf(initial);
  const given = new Map(initial.tensors.map(({ name, data }) => [name, data]));
  const source = (name: string) => {
    const data = given.get(name)!;
    return trains(name) ? data.slice() : data;
  };
  const weights = buildWeights(config, source, initial.lora);
  const trained = weights.tensors.filter(({ name }) => trains(name));
  return { config, weights, trained, moments: zeroMoments(trained), step: 0 };
}

/** Which tensors train: the adapters where there are some, else all. */
function trainsOf({ lora }: Weights): (name: string) => boolean {
  return lora === null ? () => true : (name) => /\.lora_[AB]\.weight$/.test(name);
}

/**
 * One step: a batch of the task, its gradients, clipped, and AdamW.
 *
 * @throws {RangeError} when the last step of the schedule is done, or the gradients are not finite
 */
export function trainStep(training: Training, task: Task, options: TrainingOptions): StepReport {
  const { weights, trained, moments } = training;
  const { seed, batchSize, dropout: probability } = options;
  const step = training.step + 1;
  const learningRate = learningRateAt(step, options);
  const random = stepRandom(seed, "batch", step);
  const batch = Array.from({ length: batchSize }, () => task.train(random));
  const trains = trainsOf(weights);
  const { loss, counted, gradients } = lossAndGradients(training, batch, {
    trains,
    ...(probability > 0
      ? { dropout: { probability, random: stepRandom(seed, "dropout", step) } }
      : {}),
  });
  const ofTrained = gradients.tensors.filter(({ name }) => trains(name));
  const gradientNorm = clipGradients(ofTrained, options.maxNorm);
  adamWStep(trained, ofTrained, moments, step, learningRate, { ...options, epsilon });
  training.step = step;
  return { step, loss, counted, learningRate, gradientNorm };
}

/** The steps that are left, one report each. */
export function* train(
  training: Training,
  task: Task,
  options: TrainingOptions,
): Generator<StepReport, void> {
  while (training.step < options.steps) yield trainStep(training, task, options);
}
