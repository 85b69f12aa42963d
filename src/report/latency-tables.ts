import { join } from "node:path";
import {
  type Cell,
  type LatencyOptions,
  type LatencyRow,
  measureLatency,
} from "../bench/latency.ts";
import { latencyCells, latencyColumns, ratioCells, ratioColumns } from "../bench/tables.ts";
import { flopsColumns, flopsRow } from "../cost/tables.ts";
import type { Decoder } from "../decoder.ts";
import { writeCsv } from "./csv.ts";
import type { RunRecord } from "./run-record.ts";

/** What was measured, and where it was written. */
export interface LatencyTables {
  readonly rows: readonly LatencyRow[];
  readonly files: readonly string[];
}

/**
 * Times the cells, naive and cached, and writes `latency.csv`, `ratios.csv` and `flops.csv` of the
 * same cells into the folder.
 *
 * @param model the name that the rows carry
 */
export async function writeLatencyTables(
  folder: string,
  { run_id: runId }: RunRecord,
  model: string,
  decoder: Decoder,
  cells: readonly Cell[],
  options: LatencyOptions,
): Promise<LatencyTables> {
  const { config } = decoder;
  const rows = await measureLatency(decoder, cells, options);
  const labels = { runId, model, config };
  const latency = rows.map((row) => latencyCells(labels, row));
  const flops = rows
    .filter(({ status }) => status !== "too_long")
    .map((row) => flopsRow({ name: model, config }, { phase: "generate", ...row }));
  const file = (table: string) => join(folder, `${table}.csv`);
  await writeCsv(file("latency"), latencyColumns, latency);
  await writeCsv(file("ratios"), ratioColumns, ratioCells(labels, rows));
  await writeCsv(file("flops"), flopsColumns, flops);
  return { rows, files: ["latency", "ratios", "flops"].map(file) };
}
