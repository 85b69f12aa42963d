/** The tables of the demo: six examples of causal decoding, and the intensities of a model. */
import { join } from "node:path";
import { writeCsv } from "../../io/csv.ts";
import { schemas } from "../../report/schema/index.ts";
import { attentionRows, causalityRows } from "./causality.ts";
import { assignmentRows, demoIntensityRows, parametersRows } from "./costs.ts";
import { forwardRows } from "./forward.ts";
import { generationCostRows, generationRows } from "./generation.ts";
import { randomModel, trainedCurve, trainedTiny } from "./models.ts";
import { samplingRows } from "./sampling.ts";

export type DemoTables = Awaited<ReturnType<typeof demoTables>>;

/** The rows of every table of the demo. The seed draws the weights of `demo`, and its tokens. */
export async function demoTables(seed: number) {
  const demo = randomModel("demo", seed);
  const trained = await trainedTiny();
  const curve = await trainedCurve();
  const theCatSat = [0, 1, 3];
  return {
    forward: forwardRows(demo),
    causality: await causalityRows(demo),
    attention: attentionRows(demo),
    sampling: [
      ...(await samplingRows(demo, "random", [3, 7, 11, 15])),
      ...(trained === null ? [] : await samplingRows(trained, "trained", theCatSat)),
    ],
    generation: await generationRows(demo, seed),
    generationCost: generationCostRows(demo),
    parameters: parametersRows(),
    intensity: demoIntensityRows(),
    assignmentIntensity: assignmentRows(),
    ...(curve === null ? {} : { curve }),
  };
}

/** Writes each table into the folder of reports, and resolves to their paths. */
export async function writeDemo(folder: string, tables: DemoTables): Promise<string[]> {
  const files: string[] = [];
  for (const [name, rows] of Object.entries(tables)) {
    const { file, columns } = schemas[name as keyof DemoTables];
    const path = join(folder, file);
    await writeCsv(path, columns, rows);
    files.push(path);
  }
  return files;
}
