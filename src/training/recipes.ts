/** Training tasks by name, with settings that work. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { ModelConfig } from "../model/config.ts";
import { sentencesTask } from "./data/sentences.ts";
import { sortTask } from "./data/sort.ts";
import type { TrainingTask } from "./data/task.ts";
import { textTask } from "./data/text.ts";

export interface Recipe {
  /** The named model that suits the task. */
  readonly model: string;
  readonly steps: number;
  readonly batchSize: number;
  /** The learning rate after the warm-up, the largest one. */
  readonly learningRate: number;
  readonly weightDecay: number;
}

/** The settings of the two trained models of this project, and a start for other texts. */
const recipes = {
  sentences: { model: "tiny", steps: 2000, batchSize: 16, learningRate: 3e-3, weightDecay: 0.1 },
  sort: { model: "sorter", steps: 1500, batchSize: 32, learningRate: 5e-3, weightDecay: 0.02 },
  text: { model: "demo", steps: 1000, batchSize: 8, learningRate: 2e-3, weightDecay: 0.1 },
} as const satisfies Record<string, Recipe>;

/** Length of a text's rows, in tokens. */
const textLength = 128;

const kindOf = (name: string) => (name === "sentences" || name === "sort" ? name : "text");

/** Returns the settings of a task, which is `sentences`, `sort` or the path of a text. */
export function recipeOf(name: string): Recipe {
  return recipes[kindOf(name)];
}

/**
 * Returns a task for a model: `sentences`, `sort`, or the bytes of the text at a path. Its rows
 * have the length of the model's context (a text's at most 128), plus one token, which is only a
 * label.
 *
 * @throws {RangeError} if it is none of these, or does not fit the model
 */
export async function findTask(name: string, config: ModelConfig): Promise<TrainingTask> {
  const full = config.maxPositionEmbeddings + 1;
  const kind = kindOf(name);
  if (kind === "sentences") return sentencesTask(config, full);
  if (kind === "sort") return sortTask(config, full - (full % 2));
  if (!existsSync(name)) {
    const must = "the task must be sentences, sort or the path of a text";
    throw new RangeError(`train: ${must}, got "${name}"`);
  }
  return textTask(config, Math.min(full, textLength + 1), name, await readFile(name));
}
