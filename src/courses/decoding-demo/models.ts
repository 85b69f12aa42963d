import { existsSync } from "node:fs";
import { join } from "node:path";
import { loadModel } from "../../formats/load.ts";
import { readTable } from "../../io/csv.ts";
import type { Model } from "../../model/model.ts";
import { namedModel } from "../../model/named/registry.ts";
import { trainedFolder } from "../../model/trained/trained.ts";
import { initWeights } from "../../model/weights.ts";
import { type CurveRow, curveTable } from "../../training/curve-table.ts";

/** Returns a named model with random weights of the seed. */
export function randomModel(name: string, seed: number): Model {
  const { config } = namedModel(name);
  return { name, config, weights: initWeights(config, seed) };
}

/** Returns the model of 20 words with its trained weights; null if there are none. */
export async function trainedTiny(): Promise<Model | null> {
  const folder = trainedFolder("tiny");
  return folder === null ? null : { ...(await loadModel(folder)), name: "tiny" };
}

/** Returns the training curve of {@link trainedTiny}; null if there is none. */
export async function trainedCurve(): Promise<readonly CurveRow[] | null> {
  const folder = trainedFolder("tiny");
  const path = folder === null ? "" : join(folder, curveTable.file);
  return existsSync(path) ? await readTable(path, curveTable) : null;
}
