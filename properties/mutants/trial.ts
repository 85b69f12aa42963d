/** Laws tried on a subject until the first case that breaks them, without shrinking it. */
import { type Law, missingNeeds } from "../../src/laws/law.ts";
import type { Subject } from "../../src/subjects/subject.ts";
import { viewOf } from "../../src/subjects/views.ts";
import { runCases } from "../../src/verify/run-cases.ts";
import type { Check } from "./checks/check.ts";
import { checks } from "./checks.ts";

/** The result of trying one law. */
export interface Trial {
  readonly law: string;
  /** Number of cases tried, including the one that broke the law. */
  readonly cases: number;
  /** Number of cases that kept the law and met its precondition. */
  readonly reached: number;
  readonly ms: number;
  /** The error of the case that broke the law; null if it was kept. */
  readonly broken: string | null;
}

/** The part that laws and checks have in common. */
export type TriedLaw = Pick<Law, "id" | "kind" | "needs" | "cases" | "check">;

/** Returns the laws and the checks that cover a file; all checks if no file is given. */
export function trialsOf(
  laws: readonly Law[],
  file?: string,
): { readonly law: TriedLaw; readonly most: number }[] {
  const covers = ({ files }: Check) =>
    file === undefined || files.some((start) => file.startsWith(start));
  return [
    ...laws.map((law) => ({ law, most: Number.POSITIVE_INFINITY })),
    ...checks.filter(covers).map((check) => ({ law: check, most: check.most })),
  ];
}

/**
 * Tries one law, and stops at the first case that breaks it. An error in a generator breaks the law
 * too, as a mutant can make it impossible to build a model.
 *
 * @returns the result; null if the subject lacks what the law needs
 * @throws {ReferenceError} on a name that does not exist: a mistake in the mutant's own text
 */
export async function tryLaw(
  law: TriedLaw,
  subject: Subject,
  { seed, runs }: { readonly seed: number; readonly runs: number },
): Promise<Trial | null> {
  const view = viewOf(subject, law.kind);
  if (view === null || missingNeeds(law, subject).length > 0) return null;
  let finished = 0;
  const onCase = () => {
    finished++;
  };
  const start = performance.now();
  const { broken, error, cases, reached } = await runCases(law, view, {
    ...{ seed, runs, onCase },
    shrink: false,
  }).catch((error: unknown) => ({ broken: true, error, cases: finished + 1, reached: 0 }));
  const ms = performance.now() - start;
  if (error instanceof ReferenceError) throw error;
  return { law: law.id, cases, reached, ms, broken: broken ? textOf(error) : null };
}

/** Returns an error in at most 300 characters. */
export function textOf(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.slice(0, 300);
}
