import { lawId } from "../laws/former-codes.ts";
import { type Law, missingNeeds, type Need } from "../laws/law.ts";
import type { Subject } from "../subjects/subject.ts";
import { viewOf } from "../subjects/views.ts";
import type { Comparison } from "../tolerance/observe.ts";
import { type CaseOptions, type CaseRun, type Failure, runCases } from "./run-cases.ts";

/** Options of a run: number of cases, seed and time limit. */
export interface RunOptions extends Omit<CaseOptions, "path" | "shrink"> {
  /** The options that name the subject on a command line, for the replay line. */
  readonly origin?: string;
}

/**
 * The result of running one law on one subject.
 *
 * - `kept`: no case broke the law, enough cases met its precondition, and it detected its canaries
 * - `broken`: a case broke the law
 * - `unproven`: no case broke the law, but a canary was not detected, the law has none, or too few
 *   cases met the precondition
 * - `not offered`: the law needs something that the subject does not offer, or models of which it
 *   can compute none that meet the precondition
 * - `known failure`: broken, as the subject declares
 * - `now kept`: declared as a known failure, but no case broke the law
 */
export const lawStatuses = [
  "kept",
  "broken",
  "unproven",
  "not offered",
  "known failure",
  "now kept",
] as const;

export type LawStatus = (typeof lawStatuses)[number];

export interface LawVerdict {
  readonly law: Law;
  readonly subject: string;
  /** The options that name the subject on a command line. */
  readonly origin: string;
  readonly status: LawStatus;
  /** The reason why the law is unproven; null for every other status. */
  readonly reason: string | null;
  readonly seed: number;
  /** Number of cases that ran. */
  readonly cases: number;
  /** Number of cases that kept the law and met its precondition. */
  readonly reached: number;
  readonly timeMs: number;
  /** The comparison within its tolerance that came nearest to it. */
  readonly worst: Comparison | null;
  readonly failure: Failure | null;
  /** The needs of the law that the subject does not offer. */
  readonly missing: readonly Need[];
}

/** Below this number of cases the share that met the precondition is too uncertain. */
const enoughToJudge = 200;

/** Maximum number of cases in which a canary must be detected. Most need fewer than 20. */
const canaryRuns = 2000;

/** The number of cases to suggest after a shorter run: every canary here needs far fewer. */
const suggestedRuns = 1000;

/** Runs a law and its canaries on a subject, and shrinks a failure to the smallest case. */
export async function runLaw(law: Law, subject: Subject, options: RunOptions): Promise<LawVerdict> {
  const missing = missingNeeds(law, subject);
  const view = viewOf(subject, law.kind);
  if (view === null || missing.length > 0) return notOffered(law, subject, options, missing);
  const runs = casesToRun(law, options.runs);
  const run = await runCases(law, view, { ...options, runs });
  if (run.broken) return brokenLaw(law, subject, options, run);
  const computed = run.cases - run.passedOver;
  if (computed < run.cases && run.reached === 0) {
    return notOffered(law, subject, options, ["build"]);
  }
  const verdict = measured(law, subject, options, run);
  if (isKnownFailure(law, subject)) return { ...verdict, status: "now kept" };
  const reason =
    unmetPrecondition(law, computed, run.reached) ??
    (await undetectedCanary(law, view, options.seed, run.cases));
  return { ...verdict, status: reason === null ? "kept" : "unproven", reason };
}

/**
 * Runs one case of a law.
 *
 * @param replay the seed and fast-check's path to the case
 * @returns the verdict if the case breaks the law or the subject does not offer what the law needs;
 *   null if the case keeps the law, which proves nothing about other cases
 */
export async function replayCase(
  law: Law,
  subject: Subject,
  replay: { readonly seed: number; readonly path: string; readonly origin?: string },
): Promise<LawVerdict | null> {
  const missing = missingNeeds(law, subject);
  const view = viewOf(subject, law.kind);
  if (view === null || missing.length > 0) return notOffered(law, subject, replay, missing);
  const run = await runCases(law, view, { ...replay, runs: 1 });
  return run.broken ? brokenLaw(law, subject, replay, run) : null;
}

/** Number of cases of a law in a run of `runs` cases. */
export function casesToRun({ share = 1 }: Law, runs: number): number {
  return Math.ceil(runs * share);
}

type Origin = Pick<RunOptions, "seed" | "origin">;

function measured(law: Law, subject: Subject, { seed, origin }: Origin, run: CaseRun) {
  const { cases, reached, timeMs, worst } = run;
  return {
    ...{ law, subject: subject.name, origin: origin ?? `--subject ${subject.name}`, seed },
    ...{ cases, reached, timeMs, worst, reason: null, failure: null, missing: [] },
  };
}

async function brokenLaw(
  law: Law,
  subject: Subject,
  options: Origin,
  run: CaseRun,
): Promise<LawVerdict> {
  const status = isKnownFailure(law, subject) ? "known failure" : "broken";
  return { ...measured(law, subject, options, run), status, failure: await run.failure() };
}

function isKnownFailure(law: Law, { knownFailures }: Subject): boolean {
  return Object.keys(knownFailures).some((name) => lawId(name) === law.id);
}

function notOffered(
  law: Law,
  subject: Subject,
  { seed, origin = `--subject ${subject.name}` }: Origin,
  missing: readonly Need[],
): LawVerdict {
  return {
    ...{ law, subject: subject.name, origin, seed, missing, status: "not offered", reason: null },
    ...{ cases: 0, reached: 0, timeMs: 0, worst: null, failure: null },
  };
}

function unmetPrecondition(law: Law, computed: number, reached: number): string | null {
  const { name, floor } = law.precondition;
  if (computed < enoughToJudge || reached >= floor * computed) return null;
  const must = `at least ${floor * 100} % of the cases must meet the precondition "${name}"`;
  return `${law.id} is unproven on this engine: ${must}, got ${reached} of ${computed}`;
}

/** Returns the reason why a law without a failure proves nothing; null if it does. */
async function undetectedCanary(
  law: Law,
  subject: Subject,
  seed: number,
  cases: number,
): Promise<string | null> {
  // Laws from outside need not be type-checked.
  const canaries: Partial<Law>["canaries"] = law.canaries;
  if (canaries === undefined || canaries.length === 0) {
    return `${law.id} is unproven: a law must have a canary, got none; add one to its \`canaries\``;
  }
  const runs = Math.min(canaryRuns, cases);
  for (const { bug, inject } of canaries) {
    const { broken } = await runCases(law, inject(subject), { seed, runs, shrink: false });
    if (broken) continue;
    const fix = runs < suggestedRuns ? `; try --runs ${suggestedRuns}` : "";
    const detected = `the planted violation "${bug}" was not detected in ${runs} cases${fix}`;
    return `${law.id} is unproven on this engine: ${detected}`;
  }
  return null;
}
