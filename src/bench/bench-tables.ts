import { flopsTable } from "../cost/flops-table.ts";
import { rooflineTable } from "../cost/roofline-table.ts";
import { writeTable } from "../io/csv.ts";
import { benchFlopsRows } from "./flops-rows.ts";
import { growthRows, growthTable } from "./growth-table.ts";
import { latencyRows, latencyTable } from "./latency-table.ts";
import { ratioRows, ratiosTable } from "./ratios-table.ts";
import { measuredRooflineRows, measuredRoofs } from "./roofline-rows.ts";
import { type Sample, samplesTable } from "./sample.ts";
import type { Configs } from "./timed-groups.ts";

/** The tables derived from the samples of a bench. */
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
 * Writes `samples.csv` and the tables derived from it into the folder; `roofline.csv` only if the
 * roofs were timed.
 *
 * @returns the paths
 */
export async function writeBenchTables(
  folder: string,
  samples: readonly Sample[],
  { latency, ratios, growth, flops, roofline }: BenchTables,
): Promise<string[]> {
  const written = [
    await writeTable(folder, samplesTable, samples),
    await writeTable(folder, latencyTable, latency),
    await writeTable(folder, ratiosTable, ratios),
    await writeTable(folder, growthTable, growth),
    await writeTable(folder, flopsTable, flops),
  ];
  return roofline.length === 0
    ? written
    : [...written, await writeTable(folder, rooflineTable, roofline)];
}
