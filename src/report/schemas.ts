/** Every table that the project writes, by name. */
import { compareTable } from "../bench/compare-table.ts";
import { growthTable } from "../bench/growth-table.ts";
import { latencyTable } from "../bench/latency-table.ts";
import { peersTable } from "../bench/peers-table.ts";
import { ratesTable } from "../bench/rates-table.ts";
import { ratiosTable } from "../bench/ratios-table.ts";
import { samplesTable } from "../bench/sample.ts";
import { flopsTable } from "../cost/flops-table.ts";
import { intensityTable } from "../cost/intensity-table.ts";
import { kvMemoryTable } from "../cost/kv-memory-table.ts";
import { memoryTable } from "../cost/memory-table.ts";
import { paramsTable } from "../cost/params-table.ts";
import { rooflineTable } from "../cost/roofline-table.ts";
import { attentionTable, causalityTable } from "../courses/decoding-demo/causality.ts";
import { parametersTable } from "../courses/decoding-demo/costs.ts";
import { forwardTable } from "../courses/decoding-demo/forward.ts";
import { generationCostTable, generationTable } from "../courses/decoding-demo/generation.ts";
import { samplingTable } from "../courses/decoding-demo/sampling.ts";
import {
  assignmentIntensityTable,
  differencesTable,
  sizingTable,
} from "../courses/two-layer-assignment/intensity-table.ts";
import { goldensTable } from "../golden/goldens-table.ts";
import type { RowOf } from "../io/table.ts";
import { lawListTable } from "../laws/law-list-table.ts";
import { curveTable } from "../training/curve-table.ts";
import { enginesTable } from "../verify/engines-table.ts";
import { falseAlarmsTable } from "../verify/false-alarms-table.ts";
import { largeCasesTable } from "../verify/large-cases-table.ts";
import { lawsTable } from "../verify/laws-table.ts";
import { killMatrixTable, mutantsTable } from "../verify/mutants-table.ts";
import { syntacticScoresTable, syntacticTable } from "../verify/syntactic-table.ts";
import { thresholdsTable } from "../verify/thresholds-table.ts";
import { modelsTable } from "./models-table.ts";

export const schemas = {
  laws: lawsTable,
  largeCases: largeCasesTable,
  goldens: goldensTable,
  engines: enginesTable,
  mutants: mutantsTable,
  killMatrix: killMatrixTable,
  thresholds: thresholdsTable,
  syntactic: syntacticTable,
  syntacticScores: syntacticScoresTable,
  falseAlarms: falseAlarmsTable,
  latency: latencyTable,
  ratios: ratiosTable,
  growth: growthTable,
  samples: samplesTable,
  compare: compareTable,
  rates: ratesTable,
  peers: peersTable,
  flops: flopsTable,
  params: paramsTable,
  memory: memoryTable,
  kvMemory: kvMemoryTable,
  intensity: intensityTable,
  roofline: rooflineTable,
  models: modelsTable,
  lawList: lawListTable,
  forward: forwardTable,
  causality: causalityTable,
  attention: attentionTable,
  sampling: samplingTable,
  generation: generationTable,
  generationCost: generationCostTable,
  parameters: parametersTable,
  assignmentIntensity: assignmentIntensityTable,
  differences: differencesTable,
  sizing: sizingTable,
  curve: curveTable,
};

export type TableName = keyof typeof schemas;

/** A row of the table of that name. */
export type TableRow<Name extends TableName> = RowOf<(typeof schemas)[Name]>;
