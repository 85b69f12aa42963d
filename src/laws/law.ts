import type fc from "fast-check";
import type { Capability } from "../decoder.ts";
import type { Generation } from "../generation/generation.ts";
import type { Logits } from "../math/logits.ts";
import type { Sampler } from "../sampling/sampler.ts";
import type { Subject } from "../subjects/subject.ts";
import { describeDifference, type LogitDifference, type Tolerance } from "../tolerance/compare.ts";
import { observedDifference } from "../tolerance/observe.ts";

/**
 * What a law may need of a subject beyond `start` and `append`: a capability of its decoders, the
 * model that they compute, a way to build one for another model, or a function of its sampler or of
 * its ways to generate. Logits are what all decoders give but a server of completions.
 */
export type Need =
  | Capability
  | "model"
  | "build"
  | "logits"
  | `sampler.${keyof Sampler}`
  | `generation.${keyof Generation}`;

/** What a law needs and a subject does not offer. */
export function missingNeeds(law: Law, subject: Subject): Need[] {
  const offered = new Set<Need>(subject.capabilities);
  if (subject.knowsModel) offered.add("model");
  if (subject.build !== null) offered.add("build");
  for (const name of Object.keys(subject.sampler)) offered.add(`sampler.${name as keyof Sampler}`);
  for (const name of Object.keys(subject.generation)) {
    offered.add(`generation.${name as keyof Generation}`);
  }
  const missing = law.needs.filter((need) => !offered.has(need));
  // Other laws of decoders begin with logits, and so need not say that they do.
  const asks = law.needs.includes("generation.complete");
  return subject.logits === false && !asks && missing.length === 0 ? ["logits"] : missing;
}

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
  /** Of the cases asked for, the share that is tried: for laws whose cases are large. Default 1. */
  readonly share?: number;
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
export class LawBroken extends Error {
  /** The logit that is wrong, where the law compares logits. */
  readonly difference: LogitDifference | null;
  /** The tokens that the wrong row follows, where one row is compared. */
  readonly tokens: readonly number[] | null;

  constructor(
    message: string,
    difference: LogitDifference | null = null,
    tokens: readonly number[] | null = null,
  ) {
    super(message);
    this.difference = difference;
    this.tokens = tokens;
  }
}

/**
 * @param start the position of the first row
 * @throws {LawBroken} naming the first logit that is outside the tolerance
 */
export function expectLogits(
  what: string,
  actual: readonly Logits[],
  expected: readonly ArrayLike<number>[],
  tolerance: Tolerance,
  start = 0,
): void {
  const difference = observedDifference(actual, expected, tolerance, start);
  if (difference !== null) {
    throw new LawBroken(describeDifference(difference, what), difference);
  }
}

/** @throws {LawBroken} with the message, unless `holds` */
export function expect(holds: boolean, message: string): asserts holds {
  if (!holds) throw new LawBroken(message);
}

/** As {@link expectLogits}, for the one row that follows the last of the tokens. */
export function expectLast(
  what: string,
  tokens: readonly number[],
  actual: Logits,
  expected: ArrayLike<number>,
  tolerance: Tolerance,
): void {
  const where = `${what}${what === "" ? "" : ", "}after [${tokens}]`;
  const difference = observedDifference([actual], [expected], tolerance, tokens.length - 1);
  if (difference !== null) {
    throw new LawBroken(describeDifference(difference, where), difference, tokens);
  }
}
