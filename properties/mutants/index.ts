import { batches } from "./batch.ts";
import { blocks } from "./blocks.ts";
import { cache } from "./cache.ts";
import { cost } from "./cost.ts";
import { filters } from "./filters.ts";
import { formats } from "./formats.ts";
import { generation } from "./generation.ts";
import { gradients } from "./gradients.ts";
import { heads } from "./heads.ts";
import { loading } from "./loading.ts";
import { losses } from "./losses.ts";
import { masks } from "./masks.ts";
import type { Mutant } from "./mutant.ts";
import { numerics } from "./numerics.ts";
import { optimiser } from "./optimiser.ts";
import { padding } from "./padding.ts";
import { positions } from "./positions.ts";
import { rope } from "./rope.ts";
import { sampling } from "./sampling.ts";
import { speculation } from "./speculation.ts";
import { tying } from "./tying.ts";
import { windows } from "./windows.ts";

/** All mutants, by chapter. */
export const chapters: Readonly<Record<string, readonly Mutant[]>> = {
  positions,
  rope,
  masks,
  windows,
  cache,
  batch: batches,
  padding,
  heads,
  blocks,
  numerics,
  tying,
  loading,
  formats,
  filters,
  sampling,
  generation,
  speculation,
  cost,
  loss: losses,
  gradients,
  optimiser,
};

export const mutants: readonly Mutant[] = Object.values(chapters).flat();

/**
 * The mutant with this id.
 *
 * @throws {RangeError} when there is none
 */
export function mutantById(id: string): Mutant {
  const mutant = mutants.find((one) => one.id === id);
  if (mutant !== undefined) return mutant;
  throw new RangeError(`mutant: the id must be one of ${mutants.length} known, got ${id}`);
}
