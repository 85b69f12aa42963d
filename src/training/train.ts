/**
 * The training loop. Batches and masks depend only on seed and step, so any step can be repeated.
 */
import type { ModelConfig } from "../model/config.ts";
import { buildWeights, type Tensor, type Weights } from "../model/weights.ts";
import { type AdamWOptions, adamWStep, clipGradients, type Moments, zeroMoments } from "./adamw.ts";
import type { TrainingTask } from "./data/task.ts";
import { lossAndGradients } from "./gradients.ts";
import { learningRateAt, type Schedule } from "./schedule.ts";
import { stepRandom } from "./streams.ts";

export interface TrainingOptions extends Schedule, Omit<AdamWOptions, "epsilon"> {
  /** Rows per step. */
  readonly batchSize: number;
  /** The probability of dropout, in training only. */
  readonly dropout: number;
  /** Largest common norm of the gradients; see {@link clipGradients}. */
  readonly maxNorm: number;
  /** The same seed gives the same run, bit for bit. */
  readonly seed: number;
}

/** The state of a training after `step` steps. */
export interface Training {
  readonly config: ModelConfig;
  /** Changed in place by every step. */
  readonly weights: Weights;
  /** The trained tensors: the adapters if there are any, else all. */
  readonly trained: readonly Tensor[];
  readonly moments: Moments;
  step: number;
}

/** The report of one step. */
export interface StepReport {
  /** From 1. */
  readonly step: number;
  /** Loss of the step's batch before the update, in nats per counted token. */
  readonly loss: number;
  readonly counted: number;
  readonly learningRate: number;
  /** Norm of the gradients before clipping. */
  readonly gradientNorm: number;
}

const epsilon = 1e-8;

/**
 * Returns a training at step 0. A model with adapters trains only these and shares the memory of
 * the base, which is never written; any other model is copied.
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

/** Returns a filter of trained tensors: the adapters if there are any, else all. */
function trainsOf({ lora }: Weights): (name: string) => boolean {
  return lora === null ? () => true : (name) => /\.lora_[AB]\.weight$/.test(name);
}

/**
 * Runs one step: a batch of the task, its clipped gradients, and AdamW.
 *
 * @throws {RangeError} if the last step of the schedule is done, or the gradients are not finite
 */
export function trainStep(
  training: Training,
  task: TrainingTask,
  options: TrainingOptions,
): StepReport {
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

/** Runs the remaining steps, yielding one report each. */
export function* train(
  training: Training,
  task: TrainingTask,
  options: TrainingOptions,
): Generator<StepReport, void> {
  while (training.step < options.steps) yield trainStep(training, task, options);
}
