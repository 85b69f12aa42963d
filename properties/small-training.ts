/** Helpers of training tests: a model and a task with steps of about a millisecond. */
import { type ModelConfig, modelConfig } from "../src/model/config.ts";
import { namedModel } from "../src/model/named/registry.ts";
import { initWeights, type Tensor } from "../src/model/weights.ts";
import { sentencesTask } from "../src/training/data/sentences.ts";
import type { TrainingTask } from "../src/training/data/task.ts";
import { IGNORED } from "../src/training/loss.ts";
import {
  startTraining,
  type Training,
  type TrainingOptions,
  train,
} from "../src/training/train.ts";

export const options: TrainingOptions = {
  steps: 20,
  batchSize: 2,
  peak: 0.01,
  floor: 0.001,
  warmupSteps: 3,
  weightDecay: 0.1,
  beta1: 0.9,
  beta2: 0.95,
  dropout: 0.1,
  maxNorm: 1,
  seed: 7,
};

/** A smaller variant of the model `tiny`. */
export const small = modelConfig({
  ...namedModel("tiny").config,
  hiddenSize: 8,
  intermediateSize: 12,
  headDim: 8,
  numHiddenLayers: 2,
  maxPositionEmbeddings: 8,
});

export const sentences = sentencesTask(small, 9);

export const start = (config: ModelConfig = small, weights = initWeights(config, 3)) =>
  startTraining(config, weights);

/** A task of random tokens, one more than the model's context, with some ignored labels. */
export function noise({ vocabSize: V, maxPositionEmbeddings: P }: ModelConfig): TrainingTask {
  const draw: TrainingTask["train"] = (random) => {
    const tokens = Array.from({ length: P + 1 }, () => Math.floor(random() * V));
    return { tokens, labels: tokens.map((token, t) => (t % 3 === 2 ? IGNORED : token)) };
  };
  return { name: "noise", length: P + 1, words: null, entropy: null, train: draw, heldOut: draw };
}

export const bytesOf = (tensors: readonly Tensor[]) =>
  tensors.map(({ name, data }) => [name, Buffer.from(data.buffer).toString("base64")]);

/** Returns the complete state of a training, for comparison bit for bit. */
export const stateOf = ({ trained, moments, step }: Training) => [
  step,
  bytesOf(trained),
  [...moments.first, ...moments.second].map((data) => Buffer.from(data.buffer).toString("base64")),
];

export const isAdapter = ({ name }: Tensor) => name.includes(".lora_");

export const run = (
  training: Training,
  task: TrainingTask,
  change: Partial<TrainingOptions> = {},
) => [...train(training, task, { ...options, ...change })];
