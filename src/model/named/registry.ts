import { courseModels } from "./course.ts";
import { gpt2Models } from "./gpt2.ts";
import { llamaModels } from "./llama.ts";
import { mistralModels } from "./mistral.ts";
import type { NamedModel } from "./named-model.ts";
import { qwenModels } from "./qwen.ts";
import { sorter } from "./sorter.ts";

/** Every configuration with a name: the small ones of the courses, then the public ones. */
export const namedModels: readonly NamedModel[] = [
  ...courseModels,
  sorter,
  ...llamaModels,
  ...mistralModels,
  ...gpt2Models,
  ...qwenModels,
];

/**
 * Returns the model with this name.
 *
 * @throws {RangeError} if there is none, with the list of all names
 */
export function namedModel(name: string): NamedModel {
  const model = namedModels.find((candidate) => candidate.name === name);
  if (model !== undefined) return model;
  const names = namedModels.map((candidate) => candidate.name).join(", ");
  throw new RangeError(`namedModel: the name must be one of ${names}, got "${name}"`);
}
