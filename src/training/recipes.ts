/** What can be trained for, by name, and settings with which it works. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { ModelConfig } from "../model/config.ts";
import { sentencesTask } from "./data/sentences.ts";
import { sortTask } from "./data/sort.ts";
import type { Task } from "./data/task.ts";
import { textTask } from "./data/text.ts";

export interface Recipe {
  /** The named model that suits the task. */
  readonly model: string;
  readonly steps: number;
  readonly batchSize: number;
  /** The highest. */
  readonly learningRate: number;
  readonly weightDecay: number;
}

/** How the two models of this project were trained, and where to begin with a text. */
const recipes = {
  sentences: { model: "tiny", steps: 2000, batchSize: 16, learningRate: 3e-3, weightDecay: 0.1 },
  sort: { model: "sorter", steps: 1500, batchSize: 32, learningRate: 5e-3, weightDecay: 0.02 },
  text: { model: "demo", steps: 1000, batchSize: 8, learningRate: 2e-3, weightDecay: 0.1 },
} as const satisfies Record<string, Recipe>;

/** The longest row of a text, unless another length is asked for. */
const textLength = 128;

const kindOf = (name: string) => (name === "sentences" || name === "sort" ? name : "text");

/** The settings that suit a task, which is `sentences`, `sort` or the path of a text. */
export function recipeOf(name: string): Recipe {
  return recipes[kindOf(name)];
}

/**
 * A task for a model: `sentences`, `sort`, or the bytes of the text at a path. Its rows are as long
 * as the model's context, a text's at most 128, and have one token more, which is only a label.
 *
 * @throws {RangeError} when it is none of these, or does not suit the model
 */
export async function findTask(name: string, config: ModelConfig): Promise<Task> {
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
