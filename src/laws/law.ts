import type fc from "fast-check";
import { describeDifference, firstDifference, type Tolerance } from "../compare.ts";
import type { Capability } from "../decoder.ts";
import type { Logits } from "../logits.ts";
import type { Subject } from "../subject.ts";

/** What a law may need of a subject beyond `start` and `append`. */
export type Need = Capability | "sampler" | "model";

/**
 * What holds of any decoder: a sentence, where it comes from, the bug that it catches, and a check
 * over generated cases. A law is a value; subjects and canaries are given to it.
 */
export interface Law<Case = unknown> {
  /** As in P-CAUS; several laws may share a code's letter, none shares a code. */
  readonly code: string;
  readonly name: string;
  readonly statement: string;
  readonly source: string;
  readonly catches: string;
  readonly needs: readonly Need[];
  /** What a case must have for the law to bite, and the share of cases that must have it. */
  readonly precondition: { readonly name: string; readonly floor: number };
  readonly cases: (subject: Subject) => fc.Arbitrary<Case>;
  /**
   * Resolves to whether the case met the precondition.
   *
   * @throws {LawBroken} when the law does not hold of the case
   */
  readonly check: (value: Case, subject: Subject) => Promise<boolean> | boolean;
}

/** A law, its case type forgotten: only its own `cases` are ever given to its `check`. */
export function law<Case>(definition: Law<Case>): Law {
  return definition as unknown as Law;
}

/** Thrown by a check: what was found, and what should have been. */
export class LawBroken extends Error {}

/** @throws {LawBroken} naming the first logit that is outside the tolerance */
export function expectLogits(
  what: string,
  actual: readonly Logits[],
  expected: readonly ArrayLike<number>[],
  tolerance: Tolerance,
): void {
  const difference = firstDifference(actual, expected, tolerance);
  if (difference !== null) throw new LawBroken(describeDifference(difference, what));
}

/** @throws {LawBroken} with the message, unless `holds` */
export function expect(holds: boolean, message: string): asserts holds {
  if (!holds) throw new LawBroken(message);
}

/** How messages name a decoder's state: `logits after [0,1,3]`. */
export function after(tokens: readonly number[]): string {
  return `logits after [${tokens}]`;
}
