import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "vitest";

/** The folder of trained models that others made; they are not part of the project. */
const models = process.env.CAUSALGATE_MODELS ?? "../shared/models";

/**
 * Runs `tests` with the path of a trained model's folder. Where there is none, one test says so and
 * passes, so that a machine without the models stays green and nobody takes it for a check.
 */
export function withModel(name: string, tests: (folder: string) => void): void {
  const folder = join(models, name);
  if (existsSync(folder)) tests(folder);
  else test(`${name} (not available: ${folder})`, () => {});
}
