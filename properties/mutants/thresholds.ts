/**
 * Bugs of sizes that generated cases used not to reach: each acts only above its threshold, and
 * changes nothing, bit for bit, up to it. The list was written before the generators drew such
 * sizes. No entry may be removed because no law detects it: it is a survivor, and is published.
 *
 * The bugs are not part of the mutants of index.ts, whose thresholds were reduced to the sizes of
 * small cases.
 */
import { mutantById } from "./index.ts";
import type { Mutant } from "./mutant.ts";
import { batches } from "./thresholds/batch.ts";
import { cache } from "./thresholds/cache.ts";
import { filters } from "./thresholds/filters.ts";
import { generation } from "./thresholds/generation.ts";
import { headMechanisms } from "./thresholds/heads.ts";
import { kernels } from "./thresholds/kernels.ts";
import { loaders } from "./thresholds/loaders.ts";
import { type Mechanism, plantedAt, type ThresholdMutant } from "./thresholds/mechanism.ts";
import { positions } from "./thresholds/positions.ts";
import { windows } from "./thresholds/windows.ts";

/** All mechanisms, by chapter; checks, not laws, detect those of loaders. */
export const thresholdChapters: Readonly<Record<string, readonly Mechanism[]>> = {
  positions,
  windows,
  cache,
  batches,
  heads: headMechanisms,
  kernels,
  filters,
  generation,
  loaders,
};

/**
 * Returns the mutant with this id, with a threshold or without.
 *
 * @throws {RangeError} if there is none
 */
export function anyMutantById(id: string): Mutant {
  return thresholdMutants.find((one) => one.id === id) ?? mutantById(id);
}

/** All mechanisms at all of their thresholds. */
export const thresholdMutants: readonly ThresholdMutant[] = plantedAt(
  Object.values(thresholdChapters).flat(),
);
