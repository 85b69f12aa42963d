/** The tables of the demo: six examples of causal decoding, and the intensities of a model. */
import { intensityTable } from "../../cost/intensity-table.ts";
import { writeTable } from "../../io/csv.ts";
import { curveTable } from "../../training/curve-table.ts";
import { assignmentIntensityTable } from "../two-layer-assignment/intensity-table.ts";
import { attentionRows, attentionTable, causalityRows, causalityTable } from "./causality.ts";
import { assignmentRows, demoIntensityRows, parametersRows, parametersTable } from "./costs.ts";
import { forwardRows, forwardTable } from "./forward.ts";
import {
  generationCostRows,
  generationCostTable,
  generationRows,
  generationTable,
} from "./generation.ts";
import { randomModel, trainedCurve, trainedTiny } from "./models.ts";
import { samplingRows, samplingTable } from "./sampling.ts";

export type DemoTables = Awaited<ReturnType<typeof demoTables>>;

/** Returns the rows of every table; `seed` determines the weights of `demo` and its tokens. */
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

/** Writes each table into the folder of reports, and returns their paths. */
export async function writeDemo(folder: string, tables: DemoTables): Promise<string[]> {
  return [
    await writeTable(folder, forwardTable, tables.forward),
    await writeTable(folder, causalityTable, tables.causality),
    await writeTable(folder, attentionTable, tables.attention),
    await writeTable(folder, samplingTable, tables.sampling),
    await writeTable(folder, generationTable, tables.generation),
    await writeTable(folder, generationCostTable, tables.generationCost),
    await writeTable(folder, parametersTable, tables.parameters),
    await writeTable(folder, intensityTable, tables.intensity),
    await writeTable(folder, assignmentIntensityTable, tables.assignmentIntensity),
    ...(tables.curve ? [await writeTable(folder, curveTable, tables.curve)] : []),
  ];
}
