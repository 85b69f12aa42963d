/** Mutants that no test can detect, each with the reason. They count as undetected in the score. */
import type { SyntacticMutant } from "./mutants.ts";

/** An explained mutant, found by its texts: lines move. */
interface Equivalent {
  readonly file: string;
  readonly original: string;
  readonly replacement: string;
  readonly why: string;
}

export const equivalents: readonly Equivalent[] = [];

/** Returns the reason why no test can detect a mutant; null if there is none. */
export function explanationOf(mutant: SyntacticMutant): string | null {
  const { file, original, replacement } = mutant;
  const found = equivalents.find(
    (one) => one.file === file && one.original === original && one.replacement === replacement,
  );
  return found?.why ?? null;
}
