import type fc from "fast-check";
import type { Capability } from "../decoder.ts";
import type { Generation } from "../generation/generation.ts";
import type { Sampler } from "../sampling/sampler.ts";
import type { Candidate, Subject } from "../subjects/subject.ts";
import type { Canary } from "./support/canary.ts";

/** Chapters of the list of laws, in the order of the documentation. */
export const chapters = [
  "causality",
  "cache",
  "memory",
  "batch",
  "conventions",
  "numerics",
  "filters",
  "draws",
  "generation",
  "speculation",
  "servers",
] as const;

export type Chapter = (typeof chapters)[number];

/**
 * Something that a law needs of a subject beyond `start` and `append`: a capability of its
 * decoders, the model that they compute, a function that builds a decoder for another model, or a
 * function of its sampler or of its generation. All decoders have logits, servers of completions do
 * not.
 */
export type Need =
  | Capability
  | "model"
  | "build"
  | "logits"
  | `sampler.${keyof Sampler}`
  | `generation.${keyof Generation}`;

/** One generated case of a law. If it has a decoder under test, that is its field `candidate`. */
export type LawCase = object & { readonly candidate?: Candidate };

/**
 * A property of all decoders: a sentence, its source, the bugs that it catches, a check over
 * generated cases, and the violations that it must detect.
 *
 * `cases` and `check` are methods, which TypeScript compares less strictly than functions: a law
 * with one type of cases is also a `Law`. That is safe because a law's `check` only receives values
 * of the same law's `cases`.
 */
export interface Law<Case extends LawCase = LawCase> {
  /**
   * Words in lower case joined by hyphens, unique among the laws of a run: the name in commands and
   * tables. For a law of this package also the name of its file, and in camel case of its export.
   */
  readonly id: string;
  /** A fact, in the present tense. */
  readonly name: string;
  /** The chapter in which lists show the law. */
  readonly chapter?: Chapter;
  readonly statement: string;
  readonly source: string;
  readonly catches: string;
  readonly needs: readonly Need[];
  /**
   * The condition under which a case can break the law, and the share of cases that must meet it.
   */
  readonly precondition: { readonly name: string; readonly floor: number };
  /** Share of the requested cases to run, for laws with large cases. Default 1. */
  readonly share?: number;
  /** Returns the generator of cases for a subject. */
  cases(subject: Subject): fc.Arbitrary<Case>;
  /**
   * Returns true if the case met the precondition.
   *
   * @throws {LawBroken} if the case breaks the law
   */
  check(value: Case, subject: Subject): Promise<boolean> | boolean;
  /**
   * Violations of the law, planted into the subject under test. The law must detect each of them
   * there, or its verdict is "unproven".
   */
  readonly canaries: readonly [Canary, ...Canary[]];
}

/**
 * Returns the law, with the type of its cases inferred from `cases` and then forgotten.
 *
 * @throws {RangeError} if the id is not words in lower case joined by hyphens
 */
export function law<Case extends LawCase>(definition: Law<Case>): Law {
  const { id } = definition;
  if (/^[a-z0-9]+(-[a-z0-9]+)*$/.test(id)) return definition;
  throw new RangeError(
    `law: the id must be words in lower case joined by hyphens, as in cache-equality, got "${id}"`,
  );
}

/** Returns the needs of a law that a subject does not offer. */
export function missingNeeds(law: Pick<Law, "needs">, subject: Subject): Need[] {
  const offered = new Set<Need>(subject.capabilities);
  if (subject.knowsModel) offered.add("model");
  if (subject.build !== null) offered.add("build");
  for (const name of Object.keys(subject.sampler)) offered.add(`sampler.${name as keyof Sampler}`);
  for (const name of Object.keys(subject.generation)) {
    offered.add(`generation.${name as keyof Generation}`);
  }
  const missing = law.needs.filter((need) => !offered.has(need));
  // Laws of decoders read logits without listing them among their needs.
  const completes = law.needs.includes("generation.complete");
  return subject.logits === false && !completes && missing.length === 0 ? ["logits"] : missing;
}
