import type fc from "fast-check";
import type { Sizes } from "../arbitraries/sizes.ts";
import type { Capability } from "../decoder.ts";
import type { Generation } from "../generation/generation.ts";
import type { Sampler } from "../sampling/sampler.ts";
import type {
  Candidate,
  Completer,
  Subject,
  SubjectKind,
  SubjectKinds,
} from "../subjects/subject.ts";
import { viewOf } from "../subjects/views.ts";
import type { Canary } from "./support/canary.ts";
import { checkLaw } from "./support/check-law.ts";

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

/** A chapter of the list of laws. */
export type Chapter = (typeof chapters)[number];

/**
 * Names of what a law can need of a subject of each kind. Of a logits subject: a capability of its
 * decoders, the model that they compute, a function that builds a decoder for another model, or a
 * function of its sampler or of its generation.
 */
export interface Needs {
  readonly logits:
    | Capability
    | "model"
    | "build"
    | `sampler.${keyof Sampler}`
    | `generation.${keyof Generation}`;
  readonly completions: "model";
  readonly choice: `sampler.${keyof Sampler}` | "generation.speculate";
}

/** Names of the kinds in lists of what a subject lacks. */
const kindNames = { logits: "logits", completions: "completions", choice: "sampler" } as const;

/** Something that a law needs and a subject may lack. */
export type Need = Needs[SubjectKind] | (typeof kindNames)[SubjectKind];

/** One generated case of a law. The decoder or server under test, if any, is its `candidate`. */
export type LawCase = object & { readonly candidate?: Candidate | Completer };

/**
 * A property of all subjects of a kind: a sentence, its source, the bugs that it catches, a check
 * over generated cases, and the violations that it must detect.
 *
 * `cases` and `check` are methods, which TypeScript compares less strictly than functions: a law
 * with one type of cases and one kind of subject is also a `Law`. That is safe because a law's
 * methods only receive subjects of its kind, and its `check` only values of the same law's `cases`.
 */
export interface Law<Case extends LawCase = LawCase, Kind extends SubjectKind = SubjectKind> {
  /** Kind of subject that it tests. */
  readonly kind: Kind;
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
  readonly needs: readonly Needs[Kind][];
  /**
   * The condition under which a case can break the law, and the share of cases that must meet it.
   */
  readonly precondition: { readonly name: string; readonly floor: number };
  /** Share of the requested cases to run, for laws with large cases. Default 1. */
  readonly share?: number;
  /**
   * Returns the generator of cases for a subject.
   *
   * @param sizes generators of texts, rows and numbers at the sizes of the case: small, or large
   *   in one dimension
   */
  cases(subject: SubjectKinds[Kind], sizes: Sizes): fc.Arbitrary<Case>;
  /**
   * Returns true if the case met the precondition.
   *
   * @throws {LawBroken} if the case breaks the law
   */
  check(value: Case, subject: SubjectKinds[Kind]): Promise<boolean> | boolean;
  /**
   * Violations of the law, planted into the subject under test. The law must detect each of them
   * there, or its verdict is "unproven".
   */
  readonly canaries: readonly [Canary<Kind>, ...Canary<Kind>[]];
}

type Definition<Case extends LawCase, Kind extends SubjectKind> = Omit<Law<Case, Kind>, "kind">;

/**
 * Returns a law of decoders that give logits, with the type of its cases inferred from `cases` and
 * then forgotten.
 *
 * @throws {TypeError} naming a field that is missing or wrong, as in JavaScript
 * @throws {RangeError} if the id is not words in lower case joined by hyphens
 */
export function law<Case extends LawCase>(definition: Definition<Case, "logits">): Law {
  return checked({ ...definition, kind: "logits" });
}

/** As {@link law}, for completions of prompts. */
export function completionsLaw<Case extends LawCase>(
  definition: Definition<Case, "completions">,
): Law {
  return checked({ ...definition, kind: "completions" });
}

/** As {@link law}, for samplers and speculative rules over given logits. */
export function choiceLaw<Case extends LawCase>(definition: Definition<Case, "choice">): Law {
  return checked({ ...definition, kind: "choice" });
}

function checked(law: Law): Law {
  checkLaw("law", law);
  // The type requires one, and JavaScript has no types.
  const { canaries }: Partial<Law> = law;
  if (canaries?.[0] === undefined) {
    const must = `canaries of the law "${law.id}" must hold a violation that it detects`;
    throw new TypeError(`law: ${must}, got none; docs/own-laws.md has an example`);
  }
  if (/^[a-z0-9]+(-[a-z0-9]+)*$/.test(law.id)) return law;
  throw new RangeError(
    `law: the id must be words in lower case joined by hyphens, as in cache-equality, got "${law.id}"`,
  );
}

/** Returns the needs of a law that a subject does not offer, or the kind of subject it is not. */
export function missingNeeds(
  { kind, needs }: Pick<Law, "kind" | "needs">,
  subject: Subject,
): Need[] {
  const view = viewOf(subject, kind);
  if (view === null) return [kindNames[kind]];
  const offered = new Set<Need>(offeredBy(view));
  return needs.filter((need) => !offered.has(need));
}

function offeredBy(subject: Subject): Need[] {
  if (subject.kind === "completions") return subject.knowsModel ? ["model"] : [];
  const names = Object.keys(subject.sampler) as (keyof Sampler)[];
  const sampler = names.map((name) => `sampler.${name}` as const);
  if (subject.kind === "choice") {
    return subject.speculate === undefined ? sampler : [...sampler, "generation.speculate"];
  }
  const { capabilities, knowsModel, build, generation } = subject;
  const functions = Object.keys(generation) as (keyof Generation)[];
  return [
    ...capabilities,
    ...(knowsModel ? (["model"] as const) : []),
    ...(build === null ? [] : (["build"] as const)),
    ...sampler,
    ...functions.map((name) => `generation.${name}` as const),
  ];
}
