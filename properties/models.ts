import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "vitest";

/** The folder of external trained models, which are not part of the project. */
const models = process.env.CAUSALGATE_MODELS ?? "../shared/models";

/**
 * Runs `tests` with the path of a trained model's folder. If there is none, one test with "(not
 * available)" in its name passes instead.
 */
export function withModel(name: string, tests: (folder: string) => void): void {
  const folder = join(models, name);
  if (existsSync(folder)) tests(folder);
  else test(`${name} (not available: ${folder})`, () => {});
}
