import fc from "fast-check";
import { type Law, LawBroken, missingNeeds, type Need } from "../laws/law.ts";
import type { Subject } from "../subject.ts";

/** How many cases to try, from which seed. */
export interface RunOptions {
  readonly seed: number;
  readonly runs: number;
  /** fast-check's path to one case: replays a failure and nothing else. */
  readonly path?: string;
  /** Called after every case. */
  readonly onCase?: () => void;
}

/**
 * What came of a law on a subject. `vacuous`: no case broke it, but too few met its precondition to
 * say that it holds.
 */
export interface Verdict {
  readonly law: Law;
  readonly subject: string;
  readonly status: "kept" | "broken" | "vacuous" | "not offered";
  readonly seed: number;
  /** Cases tried, those among them that met the precondition, and the time for all. */
  readonly cases: number;
  readonly reached: number;
  readonly timeMs: number;
  readonly failure: Failure | null;
  /** What the law needs and the subject does not offer. */
  readonly missing: readonly Need[];
}

/** The smallest case that breaks a law. */
export interface Failure {
  readonly message: string;
  /** The case, printed. */
  readonly smallest: string;
  readonly shrinks: number;
  /** fast-check's path to the smallest case. */
  readonly path: string;
}

/** Below this many cases the share that met the precondition says nothing. */
const enoughToJudge = 200;

/** Tries a law on a subject, and shrinks what breaks it to the smallest case. */
export async function runLaw(law: Law, subject: Subject, options: RunOptions): Promise<Verdict> {
  const { seed, runs, path, onCase } = options;
  const missing = missingNeeds(law, subject);
  const verdict = { law, subject: subject.name, seed, missing };
  if (missing.length > 0) {
    const nothing = { cases: 0, reached: 0, timeMs: 0, failure: null };
    return { ...verdict, ...nothing, status: "not offered" };
  }
  let reached = 0;
  let broken = false;
  const property = fc.asyncProperty(law.cases(subject), async (value) => {
    try {
      // Cases that only serve to shrink a failure are not counted.
      if ((await law.check(value, subject)) && !broken) reached++;
    } catch (error) {
      broken = true;
      throw error;
    } finally {
      if (!broken) onCase?.();
    }
  });
  const start = performance.now();
  const replay = path === undefined ? {} : { path, endOnFailure: true };
  const details = await fc.check(property, { seed, numRuns: runs, ...replay });
  const timeMs = performance.now() - start;
  const cases = details.numRuns;
  if (details.failed) {
    const failure = describeFailure(details);
    return { ...verdict, status: "broken", cases, reached, timeMs, failure };
  }
  const vacuous = cases >= enoughToJudge && reached < law.precondition.floor * cases;
  const status = vacuous ? "vacuous" : "kept";
  return { ...verdict, status, cases, reached, timeMs, failure: null };
}

function describeFailure(details: fc.RunDetails<[unknown]>): Failure {
  const { errorInstance, counterexample, numShrinks, counterexamplePath } = details;
  const message =
    errorInstance instanceof LawBroken
      ? errorInstance.message
      : `threw ${errorInstance instanceof Error ? errorInstance.message : String(errorInstance)}`;
  return {
    message,
    smallest: fc.stringify(counterexample?.[0]),
    shrinks: numShrinks,
    path: counterexamplePath ?? "",
  };
}
