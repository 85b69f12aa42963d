/** Mutants: real bugs, planted in the source text as it is loaded. `src/` contains no bug flag. */

export interface Mutant {
  readonly id: string;
  /** The defect, in one line. */
  readonly bug: string;
  /** Its rows in catalogue.csv; none for a bug that is not known to have happened. */
  readonly rows: readonly number[];
  /** Issues or commits where it happened. */
  readonly links: readonly string[];
  /** The file that it is planted in, relative to the root of the project. */
  readonly file: string;
  /** Text that occurs in the file exactly once, and its replacement. */
  readonly find: string;
  readonly replace: string;
  /** Condition for a case to show the bug. */
  readonly needs: string;
  /** The subject under test; the reference if absent. */
  readonly subject?: "reference-tiled";
  /** The largest size with the right result: the bug acts from the next size on. */
  readonly threshold?: number;
  /** The dimension of that size, such as `position` or `batch rows`. */
  readonly dimension?: string;
}

/**
 * Returns the file's text with the mutant in it.
 *
 * @throws {RangeError} unless the mutant's text occurs exactly once
 */
export function planted(mutant: Mutant, source: string): string {
  const { id, file, find, replace } = mutant;
  const [before, ...others] = source.split(find);
  if (others.length !== 1) {
    const got = `${others.length} times`;
    throw new RangeError(`mutant ${id}: what it replaces must be once in ${file}, got ${got}`);
  }
  return before + replace + others[0];
}
