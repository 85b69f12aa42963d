import { generatorStatistics } from "../arbitraries/statistics.ts";
import { grouped, percent, textTable } from "../io/text-table.ts";
import { reference } from "../subjects/reference.ts";
import { argumentGaps, countOfClasses, gapsText, occurredArguments } from "./argument-gaps.ts";

/**
 * Returns statistics of generated models as two tables, their features and their sizes; and what
 * never occurred among the arguments of the calls that the laws make.
 */
export async function generatorText(seed: number, runs: number): Promise<string> {
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
  const models = `${featureTable}\n${sizeTable}\n${grouped(runs)} models, seed ${seed}`;
  const gaps = argumentGaps(await occurredArguments(reference, { seed, runs }));
  return `${models}\n\n${gapsText(gaps, countOfClasses(), runs)}`;
}
