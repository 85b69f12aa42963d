import fc from "fast-check";
import { NotOffered } from "../decoder.ts";
import { lawId } from "../laws/former-codes.ts";
import { type Law, type LawCase, missingNeeds, type Need } from "../laws/law.ts";
import { LawBroken } from "../laws/support/expect.ts";
import type { Subject } from "../subjects/subject.ts";
import { viewOf } from "../subjects/views.ts";
import { isNoise, withMeasuredTolerance } from "../tolerance/measured.ts";
import { type Comparison, observeComparisons } from "../tolerance/observe.ts";
import { localise } from "./localise.ts";

/** How many cases to try, from which seed, and for how long. */
export interface RunOptions {
  readonly seed: number;
  readonly runs: number;
  /** No new case is begun after this many milliseconds. */
  readonly timeLimitMs?: number;
  /** fast-check's path to one case: replays a failure and nothing else. */
  readonly path?: string;
  /** How a command line names the subject, where not by `--subject`: for the line that replays. */
  readonly origin?: string;
  /** Called after every case. */
  readonly onCase?: () => void;
}

/**
 * What came of a law on a subject. `not offered`: the law needs what the subject does not offer, or
 * models of which it can compute none that meet the precondition. `vacuous`: no case broke it, but
 * too few of those that it can compute met the precondition to say that it holds. `known failure`:
 * broken, and declared to be; `now kept`: declared to be broken, and no case broke it.
 */
export const statuses = [
  "kept",
  "broken",
  "vacuous",
  "not offered",
  "known failure",
  "now kept",
] as const;

export type Status = (typeof statuses)[number];

export interface Verdict {
  readonly law: Law;
  readonly subject: string;
  /** How a command line names the subject. */
  readonly origin: string;
  readonly status: Status;
  readonly seed: number;
  /** Cases tried, those among them that met the precondition, and the time for all. */
  readonly cases: number;
  readonly reached: number;
  readonly timeMs: number;
  /** The worst row within its tolerance, as a share of it: error and what was allowed. */
  readonly worst: Comparison | null;
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
  /** The largest error of any case that broke the law on the way there; null without logits. */
  readonly largestError: number | null;
  /** Where the decoder first parts from the definition; null where nobody can say. */
  readonly where: string | null;
}

/** Below this many cases the share that met the precondition says nothing. */
const enoughToJudge = 200;

/** Tries a law on a subject, and shrinks what breaks it to the smallest case. */
export async function runLaw(law: Law, subject: Subject, options: RunOptions): Promise<Verdict> {
  const missing = missingNeeds(law, subject);
  const { seed, origin = `--subject ${subject.name}` } = options;
  const verdict = { law, subject: subject.name, origin, seed, missing };
  const nothing = { cases: 0, reached: 0, timeMs: 0, worst: null, failure: null };
  const view = viewOf(subject, law.kind);
  if (view === null || missing.length > 0) {
    return { ...verdict, ...nothing, status: "not offered" };
  }
  const trial = new Trial(law, view, options.onCase);
  const start = performance.now();
  const runs = casesToTry(law, options.runs);
  const details = await fc.check(trial.property, parameters({ ...options, runs }));
  const timeMs = performance.now() - start;
  const { reached, worst } = trial;
  const cases = details.numRuns;
  const known = Object.keys(subject.knownFailures).some((name) => lawId(name) === law.id);
  const measured = { ...verdict, cases, reached, timeMs, worst };
  if (details.failed) {
    const failure = await trial.describe(details);
    return { ...measured, status: known ? "known failure" : "broken", failure };
  }
  const computed = cases - trial.passedOver;
  if (computed < cases && reached === 0) {
    return { ...verdict, ...nothing, missing: ["build"], status: "not offered" };
  }
  const vacuous = computed >= enoughToJudge && reached < law.precondition.floor * computed;
  const status = known ? "now kept" : vacuous ? "vacuous" : "kept";
  return { ...measured, status, failure: null };
}

/** How many cases of a law are tried when `runs` are asked for. */
export function casesToTry({ share = 1 }: Law, runs: number): number {
  return Math.ceil(runs * share);
}

function parameters({ seed, runs, path, timeLimitMs }: RunOptions): fc.Parameters<[LawCase]> {
  return {
    seed,
    numRuns: runs,
    ...(path === undefined ? {} : { path, endOnFailure: true }),
    ...(timeLimitMs === undefined ? {} : { interruptAfterTimeLimit: timeLimitMs }),
  };
}

/**
 * One law tried on one subject: the property that fast-check runs, and what was seen on the way.
 */
class Trial {
  readonly property: fc.IAsyncProperty<[LawCase]>;
  reached = 0;
  /** Cases with a model that the subject cannot compute. */
  passedOver = 0;
  worst: Comparison | null = null;
  readonly #subject: Subject;
  #broken = false;
  #largestError: number | null = null;

  constructor(law: Law, subject: Subject, onCase: (() => void) | undefined) {
    this.#subject = subject;
    this.property = fc.asyncProperty(law.cases(subject), async (value) => {
      try {
        // Cases that only serve to shrink a failure are not counted.
        const reached = await observeComparisons(
          (comparison) => this.#see(comparison),
          () => law.check(value, this.#judged(value)),
        );
        if (reached && !this.#broken) this.reached++;
      } catch (error) {
        if (error instanceof NotOffered) {
          this.passedOver++;
          return;
        }
        if (this.#isNoise(error, value)) return;
        this.#broken = true;
        this.#seeFailure(error);
        throw error;
      } finally {
        if (!this.#broken) onCase?.();
      }
    });
  }

  /** Returns the subject with the tolerances of this case. */
  #judged({ candidate }: LawCase): Subject {
    const subject = this.#subject;
    const model = candidate?.model ?? null;
    if (model === null || subject.kind === "choice") return subject;
    return withMeasuredTolerance(subject, model);
  }

  /** Returns true if a broken law is explained by the noise of the subject's arithmetic. */
  #isNoise(error: unknown, { candidate }: LawCase): boolean {
    const subject = this.#subject;
    const model = candidate?.model ?? null;
    if (model === null || subject.kind === "choice" || !(error instanceof LawBroken)) return false;
    const { difference, tokens } = error;
    if (difference === null || tokens === null) return false;
    return isNoise(difference, subject, model, tokens);
  }

  #see({ error, allowed }: Comparison): void {
    if (!(error <= allowed)) return; // a failure, which is reported as one
    const share = this.worst === null ? -1 : this.worst.error / this.worst.allowed;
    if (error / allowed > share) this.worst = { error, allowed };
  }

  #seeFailure(error: unknown): void {
    if (!(error instanceof LawBroken) || error.difference === null) return;
    this.#largestError = Math.max(this.#largestError ?? 0, error.difference.error);
  }

  async describe(details: fc.RunDetails<[LawCase]>): Promise<Failure> {
    const { errorInstance: error, counterexample, numShrinks, counterexamplePath } = details;
    const broken = error instanceof LawBroken ? error : null;
    const thrown = error instanceof Error ? error.message : String(error);
    const [value] = counterexample ?? [];
    const tokens = broken?.tokens ?? null;
    const where = value === undefined || tokens === null ? null : await this.#where(value, tokens);
    return {
      message: broken?.message ?? `threw ${thrown}`,
      smallest: fc.stringify(value),
      shrinks: numShrinks,
      path: counterexamplePath ?? "",
      largestError: this.#largestError,
      where,
    };
  }

  /** Returns the place where the decoder of a case departs from the definition, if it shows it. */
  async #where(value: LawCase, tokens: readonly number[]): Promise<string | null> {
    const { candidate } = value;
    const subject = this.#judged(value);
    if (candidate === undefined || !("decoder" in candidate)) return null;
    return subject.kind === "choice" ? null : await localise(candidate, tokens, subject.accurate);
  }
}
