/** Mutants that no test can detect, each with the reason. They count as undetected in the score. */
import type { SyntacticMutant } from "./mutants.ts";

/** An explained mutant, found by its texts: lines move. */
interface Equivalent {
  readonly file: string;
  readonly original: string;
  readonly replacement: string;
  readonly why: string;
}

export const equivalents: readonly Equivalent[] = [
  {
    file: "src/math/attention.ts",
    original: "j + 3 < length",
    replacement: "false",
    why: "the loop for the rest computes every score then, by the same operations in the same order",
  },
  {
    file: "src/verify/isolated.ts",
    original: 'ended.kind === "failed"',
    replacement: "true",
    why: "only an end of this kind has isHang, which is undefined otherwise",
  },
  {
    file: "src/verify/isolated.ts",
    original: 'message.type === "law"',
    replacement: "true",
    why: "only messages of this type have a law, as the schema of the messages is strict",
  },
  {
    file: "src/verify/run-cases.ts",
    original: 'candidate === undefined || !("decoder" in candidate) || tokens === null',
    replacement: "false",
    why: "the search for the place then throws on such a case, which gives null too",
  },
  {
    file: "src/verify/check-case.ts",
    original: 'view.kind !== "choice"',
    replacement: "true",
    why: "only the other kinds of subject have candidatesOf, which is undefined otherwise",
  },
  {
    file: "src/sampling/greedy.ts",
    original: "v < logits.length",
    replacement: "v <= logits.length",
    why: "the element after the last is undefined, which is not larger than any number",
  },
  {
    file: "src/sampling/top-k.ts",
    original: "k >= logits.length",
    replacement: "k > logits.length",
    why: "with k = V all ids are kept, and so is every logit",
  },
];

/** Returns the reason why no test can detect a mutant; null if there is none. */
export function explanationOf(mutant: SyntacticMutant): string | null {
  const { file, original, replacement } = mutant;
  const found = equivalents.find(
    (one) => one.file === file && one.original === original && one.replacement === replacement,
  );
  return found?.why ?? null;
}
