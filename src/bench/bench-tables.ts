import { join } from "node:path";
import { flopsTable } from "../cost/flops-table.ts";
import { rooflineTable } from "../cost/roofline-table.ts";
import { writeCsv } from "../io/csv.ts";
import { writeTable } from "../io/table-csv.ts";
import { benchFlopsRows } from "./flops-rows.ts";
import { growthColumns, growthRows } from "./growth-table.ts";
import { latencyColumns, latencyRows } from "./latency-table.ts";
import { ratioColumns, ratioRows } from "./ratios-table.ts";
import { measuredRooflineRows, measuredRoofs } from "./roofline-rows.ts";
import { type Sample, samplesColumns } from "./sample.ts";
import type { Configs } from "./timed-groups.ts";

/** All that is derived from the samples of a bench. */
export type BenchTables = ReturnType<typeof benchTables>;

export function benchTables(samples: readonly Sample[], configs: Configs) {
  return {
    latency: latencyRows(samples, configs),
    ratios: ratioRows(samples, configs),
    growth: growthRows(samples, configs),
    flops: benchFlopsRows(samples, configs),
    roofline: measuredRooflineRows(samples, configs),
    roofs: measuredRoofs(samples),
  };
}

/**
 * Writes `samples.csv`, and what is derived from it, into the folder; `roofline.csv` only where
 * the roofs were timed.
 *
 * @returns the paths
 */
export async function writeBenchTables(
  folder: string,
  samples: readonly Sample[],
  { latency, ratios, growth, flops, roofline }: BenchTables,
): Promise<string[]> {
  const file = (table: string) => join(folder, `${table}.csv`);
  await writeCsv(file("samples"), samplesColumns, samples);
  await writeCsv(file("latency"), latencyColumns, latency);
  await writeCsv(file("ratios"), ratioColumns, ratios);
  await writeCsv(file("growth"), growthColumns, growth);
  await writeTable(folder, flopsTable, flops);
  const written = ["samples", "latency", "ratios", "growth", "flops"].map(file);
  if (roofline.length === 0) return written;
  return [...written, await writeTable(folder, rooflineTable, roofline)];
}
