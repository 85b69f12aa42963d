/**
 * Mutants: real bugs, planted in the source text as it is loaded. No file of `src/` knows of them.
 */

export interface Mutant {
  readonly id: string;
  /** What is wrong, in words. */
  readonly bug: string;
  /** Its rows in the catalogue of real bugs, see catalogue.ts; none for a bug of our own making. */
  readonly rows: readonly number[];
  /** Where it happened, as many places as are known. */
  readonly links: readonly string[];
  /** The file that it is planted in, from the root of the project. */
  readonly file: string;
  /** Text that stands in the file exactly once, and what stands there instead. */
  readonly find: string;
  readonly replace: string;
  /** What a case must have for the bug to be visible. */
  readonly needs: string;
  /** Who is judged; the reference where nobody is named. */
  readonly subject?: "reference-tiled";
}

/**
 * The file's text with the mutant in it.
 *
 * @throws {RangeError} unless what the mutant looks for is there exactly once
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
