import { generatorStatistics } from "../arbitraries/statistics.ts";
import { grouped, percent, textTable } from "../io/text-table.ts";

/** Returns statistics of generated models as two tables: their features and their sizes. */
export function generatorText(seed: number, runs: number): string {
  const { features, sizes } = generatorStatistics(seed, runs);
  const featureTable = textTable(
    ["feature", "value", "cases", "share"],
    features.map(({ feature, value, cases, share }) => [
      feature,
      value,
      grouped(cases),
      percent(share),
    ]),
  );
  const sizeTable = textTable(
    ["size", "smallest", "median", "largest"],
    sizes.map(({ size, smallest, median, largest }) => [
      size,
      String(smallest),
      String(median),
      String(largest),
    ]),
  );
  return `${featureTable}\n${sizeTable}\n${grouped(runs)} models, seed ${seed}`;
}
