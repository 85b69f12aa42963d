import { lawId } from "../laws/former-codes.ts";
import { type Law, missingNeeds } from "../laws/law.ts";
import type { Subject } from "../subjects/subject.ts";
import { viewOf } from "../subjects/views.ts";
import type { Comparison } from "../tolerance/observe.ts";
import { canaryVerdict, moreTime } from "./canary-verdict.ts";
import { lineOf, type Replay } from "./corpus.ts";
import type { LargeCount } from "./large-cases.ts";
import { repeated, runOneCase } from "./repeat.ts";
import { type CaseOptions, type CaseRun, type Failure, runCases } from "./run-cases.ts";
import { withLargeCases } from "./run-large.ts";
import { median, type ToleranceSource, toleranceSource, tooWide } from "./tolerance-share.ts";

/** Options of a run: number of cases, seed and time limits. */
export interface RunOptions
  extends Omit<CaseOptions, "path" | "shrink" | "deadline" | "dimension" | "enough"> {
  /** Time of the law with its canaries in milliseconds. One case always runs. Default: no limit. */
  readonly timeLimitMs?: number;
  /** The options that name the subject on a command line, for the replay line. */
  readonly origin?: string;
  /** Number of large cases in each dimension. Default: as many as a fifth of the time allows. */
  readonly large?: number;
  /** Cases that broke laws in earlier runs. They are tried first. */
  readonly stored?: readonly Replay[];
}

/**
 * The result of running one law on one subject.
 *
 * - `kept`: no case broke the law, enough cases met its precondition, and it detected its canaries
 * - `broken`: a case broke the law, each time that it ran
 * - `not deterministic`: the same case broke the law and kept it
 * - `unproven`: no case broke the law, but a canary was not detected, the law has none, too few
 *   cases met the precondition, or the tolerance is above 1 % of the spread of the logits
 * - `out of time`: the time limit ended the run before enough cases were completed
 * - `not offered`: the law needs something that the subject does not offer, or models of which it
 *   can compute none that meet the precondition
 * - `known failure`: broken, as the subject declares
 * - `now kept`: declared as a known failure, but no case broke the law
 * - `error`: the engine or this tool failed outside a comparison, for example because the process
 *   of the engine ended
 */
export const lawStatuses = [
  "kept",
  "broken",
  "not deterministic",
  "unproven",
  "out of time",
  "not offered",
  "known failure",
  "now kept",
  "error",
] as const;

/** Status of a law on a subject: `kept`, `broken`, `unproven` and others. */
export type LawStatus = (typeof lawStatuses)[number];

/** The result of one law on one subject, with the counts of its cases. */
export interface LawVerdict {
  readonly law: Law;
  readonly subject: string;
  /** The options that name the subject on a command line. */
  readonly origin: string;
  readonly status: LawStatus;
  /** The reason why it is unproven, out of time, not deterministic or an error; else null. */
  readonly reason: string | null;
  readonly seed: number;
  /** Number of cases that ran. */
  readonly cases: number;
  /** Number of cases that kept the law and met its precondition. */
  readonly reached: number;
  readonly timeMs: number;
  /** The comparison within its tolerance that came nearest to it. */
  readonly worst: Comparison | null;
  /**
   * Tolerance as a share of the spread of the logits, the median over the rows that its small cases
   * compared; null if it compared none, or bit for bit.
   */
  readonly toleranceShare: number | null;
  /** The source of the tolerance; null if no case ran, or none can compare logits. */
  readonly tolerance: ToleranceSource | null;
  /** Number of large cases in each dimension of the law. */
  readonly large: readonly LargeCount[];
  readonly failure: Failure | null;
  /** The needs of the law that the subject does not offer, or its reason for skipping all cases. */
  readonly missing: readonly string[];
}

/** Below this number of cases the share that met the precondition is too uncertain. */
const enoughToJudge = 200;

/** A run that its time limit ends with fewer cases is out of time. */
const fewestInTime = 20;

/** Shares of a time limit after which no small case of a law starts, and no case of it. */
const shares = { small: 0.64, all: 0.8 } as const;

/** Runs a law and its canaries on a subject, and shrinks a failure to the smallest case. */
export async function runLaw(law: Law, subject: Subject, options: RunOptions): Promise<LawVerdict> {
  const missing = missingNeeds(law, subject);
  const view = viewOf(subject, law.kind);
  if (view === null || missing.length > 0) return notOffered(law, subject, options, missing);
  const clock = deadlines(options.timeLimitMs);
  const stored = await storedFailure(law, view, subject, options);
  if (stored !== null) return stored;
  const runs = casesToRun(law, options.runs);
  const small = await runCases(law, view, { ...options, runs, ...clock.small, shrink: false });
  // A law with a share of the cases has as many large ones as others: they are few already.
  const wanted = { ...options, ...clock.large };
  const { run, large } = await withLargeCases(law, view, wanted, small);
  const limits = { ...options, ...clock.all };
  if (run.broken) {
    const { cases, reached } = small;
    return { ...(await brokenLaw(law, subject, limits, run)), cases, reached, large };
  }
  const verdict = { ...measured(law, subject, options, run), large };
  if (run.cases === 0) return { ...verdict, status: "unproven", reason: noCase(law, options) };
  const late = tooFewInTime(law, run);
  if (late !== null) return { ...verdict, status: "out of time", reason: late };
  const computed = run.cases - run.passedOver;
  if (computed < run.cases && run.reached === 0) {
    return notOffered(law, subject, options, [run.notOffered ?? "build"]);
  }
  if (isKnownFailure(law, subject)) return { ...verdict, status: "now kept" };
  const unmet = unmetPrecondition(law, computed, run.reached);
  if (unmet !== null) return { ...verdict, status: "unproven", reason: unmet };
  const wide = tooWide(law, run.shares);
  if (wide !== null) return { ...verdict, status: "unproven", reason: wide };
  const { needed, ...judged } = await canaryVerdict(law, view, run.cases, limits);
  if (judged.status !== "kept" || needed <= run.cases || options.shard) {
    return { ...verdict, ...judged };
  }
  const rest = { ...limits, path: String(run.cases), runs: needed - run.cases, shrink: false };
  const longer = (await runCases(law, view, rest)).after(run);
  if (longer.broken) return { ...(await brokenLaw(law, subject, limits, longer)), large };
  const fewer = `its canary needed ${needed} cases, got ${longer.cases}; ${moreTime}`;
  const reason = longer.stopped ? `${law.id} is out of time: ${fewer}` : null;
  const status = reason === null ? "kept" : "out of time";
  return { ...measured(law, subject, options, longer), large, status, reason };
}

/** The deadlines of a law: of its cases, and of all its work. */
function deadlines(timeLimitMs: number | undefined) {
  if (timeLimitMs === undefined) return { small: {}, large: {}, all: {} };
  const now = performance.now();
  return {
    small: { deadline: now + shares.small * timeLimitMs },
    large: { deadline: now + shares.all * timeLimitMs },
    all: { deadline: now + timeLimitMs },
  };
}

/**
 * Runs one case of a law.
 *
 * @param replay the seed, fast-check's path to the case, and the time for an answer
 * @returns the verdict if the case breaks the law or the subject does not offer what the law needs;
 *   null if the case keeps the law, which proves nothing about other cases
 * @throws {RangeError} if the path leads to no case
 */
export async function replayCase(
  law: Law,
  subject: Subject,
  replay: CaseReplay,
): Promise<LawVerdict | null> {
  const missing = missingNeeds(law, subject);
  const view = viewOf(subject, law.kind);
  if (view === null || missing.length > 0) return notOffered(law, subject, replay, missing);
  const run = await runOneCase(law, view, replay);
  if (run.cases === 0) {
    const line = lineOf({ id: law.id, ...replay });
    throw new RangeError(`replay: must be a case that exists, got ${line}, which leads to none`);
  }
  if (run.notOffered !== null) return notOffered(law, subject, replay, [run.notOffered]);
  return run.broken ? brokenLaw(law, subject, { ...replay, shrink: false }, run) : null;
}

type CaseReplay = Pick<RunOptions, "seed" | "origin" | "caseTimeoutMs" | "onStart"> & {
  readonly path: string;
};

/** Returns the verdict of a stored case that still breaks the law; null if there is none. */
async function storedFailure(
  law: Law,
  view: Subject,
  subject: Subject,
  { stored = [], ...options }: RunOptions,
): Promise<LawVerdict | null> {
  if (isKnownFailure(law, subject)) return null;
  for (const { id, seed, path } of stored) {
    if (id !== law.id) continue;
    const replay = { ...options, seed, path };
    const run = await runOneCase(law, view, replay);
    if (run.broken) return brokenLaw(law, subject, { ...replay, shrink: false }, run);
  }
  return null;
}

/** Number of cases of a law in a run of `runs` cases. */
export function casesToRun({ share = 1 }: Law, runs: number): number {
  return Math.ceil(runs * share);
}

type Origin = Pick<RunOptions, "seed" | "origin">;

function measured(law: Law, subject: Subject, { seed, origin }: Origin, run: CaseRun) {
  const { cases, reached, timeMs, worst, shares } = run;
  return {
    ...{ law, subject: subject.name, origin: origin ?? `--subject ${subject.name}`, seed },
    ...{ cases, reached, timeMs, worst, reason: null, failure: null, missing: [] },
    ...{ toleranceShare: median(shares), tolerance: toleranceSource(law, subject), large: [] },
  };
}

type BrokenOptions = Origin &
  Pick<CaseOptions, "deadline" | "caseTimeoutMs" | "shrink" | "onStart">;

/** Repeats the case that broke a law, and shrinks it if it breaks the law every time. */
async function brokenLaw(
  law: Law,
  subject: Subject,
  options: BrokenOptions,
  run: CaseRun,
): Promise<LawVerdict> {
  const verdict = measured(law, subject, options, run);
  const view = viewOf(subject, law.kind) ?? subject;
  const { reason, smallest } = await repeated(law, view, options, run);
  const isKnown = isKnownFailure(law, subject);
  const status = isKnown ? "known failure" : reason === null ? "broken" : "not deterministic";
  return { ...verdict, status, reason, failure: await smallest.failure() };
}

function isKnownFailure(law: Law, { knownFailures }: Subject): boolean {
  return Object.keys(knownFailures).some((name) => lawId(name) === law.id);
}

function notOffered(
  law: Law,
  subject: Subject,
  { seed, origin = `--subject ${subject.name}` }: Origin,
  missing: readonly string[],
): LawVerdict {
  return {
    ...{ law, subject: subject.name, origin, seed, missing, status: "not offered", reason: null },
    ...{ cases: 0, reached: 0, timeMs: 0, worst: null, large: [], failure: null },
    ...{ toleranceShare: null, tolerance: null },
  };
}

function unmetPrecondition(law: Law, computed: number, reached: number): string | null {
  const { name, floor } = law.precondition;
  if (computed < enoughToJudge || reached >= floor * computed) return null;
  const must = `at least ${floor * 100} % of the cases must meet the precondition "${name}"`;
  return `${law.id} is unproven on this engine: ${must}, got ${reached} of ${computed}`;
}

function noCase(law: Law, { shard }: RunOptions): string {
  const must = `its shard must have a case, got none; use --runs of at least ${shard?.count}`;
  return `${law.id} is unproven: ${must}`;
}

function tooFewInTime(law: Law, { stopped, cases, timeMs }: CaseRun): string | null {
  const fewest = casesToRun(law, fewestInTime);
  if (!stopped || cases >= fewest) return null;
  const got = `${cases} in ${(timeMs / 1000).toFixed(1)} s`;
  const must = `at least ${fewest} cases must be completed`;
  return `${law.id} is out of time: ${must}, got ${got}; ${moreTime}`;
}
