import fc from "fast-check";
import type { Dimension } from "../arbitraries/dimensions.ts";
import type { LargeSize } from "../arbitraries/sizes.ts";
import { NotOffered } from "../decoder.ts";
import { thrownStack, thrownText } from "../io/thrown.ts";
import type { Law, LawCase } from "../laws/law.ts";
import { LawBroken } from "../laws/support/expect.ts";
import { seedOf } from "../math/random.ts";
import type { Subject } from "../subjects/subject.ts";
import { isNoise, withMeasuredTolerance } from "../tolerance/measured.ts";
import { type Comparison, observeComparisons } from "../tolerance/observe.ts";
import { type CaseStart, laterPath, splitPath } from "./case-start.ts";
import { caseText } from "./case-text.ts";
import { CaseTimeout, defaultCaseTimeoutMs, inTime } from "./case-timeout.ts";
import { casesOf, largeSizeOf } from "./large-cases.ts";
import { localise } from "./localise.ts";
import { otherShard, type Shard, shardOf } from "./shard.ts";

export interface CaseOptions {
  readonly seed: number;
  /** Maximum number of cases. */
  readonly runs: number;
  /**
   * Reading of `performance.now()` after which no case starts, and shrinking ends. One case always
   * runs. Default: none.
   */
  readonly deadline?: number;
  /** Time for the engine to answer one case, in milliseconds. Default 60,000. */
  readonly caseTimeoutMs?: number;
  /** The part of the cases to run: every `count`-th, from the `index`-th on. Default: all. */
  readonly shard?: Shard;
  /** The dimension in which the cases are large. Default: all are small. */
  readonly dimension?: Dimension;
  /** No case starts at this reading of `performance.now()` or later, after so many cases. */
  readonly enough?: { readonly cases: number; readonly at: number };
  /** Path to the first case: fast-check's, after `DIMENSION:` if the case is a large one. */
  readonly path?: string;
  /** True to run the first case alone. If the path leads to none, none runs. */
  readonly only?: boolean;
  /** True if a failure is shrunk to its smallest case. Default true. */
  readonly shrink?: boolean;
  /** Called before every case, also of a canary or a smaller one of a failure. */
  readonly onStart?: (start: CaseStart) => void | Promise<void>;
  /** Called after every case; cases that only serve to shrink a failure do not count. */
  readonly onCase?: () => void;
}

/** The smallest case that breaks a law. */
export interface Failure {
  readonly message: string;
  /** The case as JavaScript for `checkCase`; null if the engine's process ended in it. */
  readonly smallest: string | null;
  readonly shrinks: number;
  /** Path to the smallest case, as {@link CaseOptions.path}. */
  readonly path: string;
  /** The smallest size of its large dimension that breaks the law; null if all are small. */
  readonly size: LargeSize | null;
  /** Largest error of all cases that broke the law; null if the law compares no logits. */
  readonly largestError: number | null;
  /** The first stage at which the decoder departs from the definition; null if it is unknown. */
  readonly where: string | null;
  /** Stack of the error that the engine threw; null if the law's check found the failure. */
  readonly stack: string | null;
}

/**
 * Runs generated cases of a law on a subject until one breaks the law.
 *
 * @throws {unknown} the error of a generator, for example of the engine that builds its decoders
 */
export async function runCases(
  law: Pick<Law, "id" | "cases" | "check">,
  subject: Subject,
  options: CaseOptions,
): Promise<CaseRun> {
  const { dimension, path } = splitPath(options.path);
  const large = options.dimension ?? dimension ?? undefined;
  const at = { ...(large && { dimension: large }), ...(path && { path }) };
  // Else the large cases of all laws would have the same few sizes.
  const seed = large === undefined ? options.seed : seedOf(`${law.id} ${large}`, options.seed);
  const { path: _given, ...others } = options;
  const { onStart } = options;
  const started = onStart && {
    onStart: ({ role, path }: CaseStart) => onStart({ role, seed: options.seed, path }),
  };
  const run = new CaseRun(law, subject, { ...others, ...at, ...started, seed });
  await run.start(casesOf(law, subject, large ?? null));
  return run;
}

/** One law on one subject: its cases, and what was measured in them. */
export class CaseRun {
  /** Number of cases that ran, including the one that broke the law. */
  cases = 0;
  /** Number of cases that kept the law and met its precondition. */
  reached = 0;
  /** Number of cases with a model that the subject cannot compute. */
  passedOver = 0;
  /** The reason of the engine for the first of them; null if there is none. */
  notOffered: string | null = null;
  timeMs = 0;
  /** The comparison within its tolerance that came nearest to it. */
  worst: Comparison | null = null;
  /** The tolerance of every row that was compared, as a share of its spread. */
  readonly shares: number[] = [];
  /** True if a case broke the law. */
  broken = false;
  /** The error thrown by the smallest case that broke the law. */
  error: unknown = null;
  /** True if the engine did not answer the case that broke the law. */
  unanswered = false;
  /** True if the deadline ended the run. */
  stopped = false;
  readonly #law: Pick<Law, "check">;
  readonly #subject: Subject;
  readonly #options: CaseOptions;
  #largestError: number | null = null;
  /** Number of values drawn before the current one, with those of other shards. */
  #drawn = 0;
  #details: fc.RunDetails<[LawCase]> | null = null;

  constructor(law: Pick<Law, "check">, subject: Subject, options: CaseOptions) {
    this.#law = law;
    this.#subject = subject;
    this.#options = options;
  }

  async start(cases: fc.Arbitrary<LawCase>): Promise<void> {
    const { shard } = this.#options;
    const own = shard === undefined ? cases : shardOf(cases, shard);
    const property = fc.asyncProperty(own, async (value) => {
      if (value !== otherShard) await this.#runCase(value);
      if (!this.broken) this.#drawn++;
    });
    const start = performance.now();
    const details = await checked(property, this.#options);
    if (details === null) return;
    this.timeMs = performance.now() - start;
    this.error = details.errorInstance;
    this.#details = details;
  }

  async #runCase(value: LawCase): Promise<void> {
    this.#checkClock();
    const isShrinking = this.broken;
    await this.#announce(isShrinking);
    try {
      const reached = await this.#check(value);
      if (reached && !isShrinking) this.reached++;
    } catch (error) {
      // While a failure shrinks, a case without an answer is no smaller failure.
      if (isShrinking && error instanceof CaseTimeout) throw new fc.PreconditionFailure(true);
      if (error instanceof NotOffered) {
        this.passedOver += isShrinking ? 0 : 1;
        this.notOffered ??= error.message;
      } else if (!this.#isNoise(error, value)) {
        this.broken = true;
        this.unanswered = error instanceof CaseTimeout;
        this.#observeFailure(error);
        throw error;
      }
    } finally {
      if (!isShrinking) this.cases++;
      if (!this.broken) this.#options.onCase?.();
    }
  }

  /** Ends the run after its only case, at its deadline, and after a case without an answer. */
  #checkClock(): void {
    const { deadline = Number.POSITIVE_INFINITY, enough, only = false } = this.#options;
    if (this.cases === 0) return;
    const now = performance.now();
    this.stopped ||= now >= deadline;
    const isEnough = !this.broken && enough && this.cases >= enough.cases && now >= enough.at;
    if (isEnough || this.stopped || this.unanswered || only) throw new fc.PreconditionFailure(true);
  }

  async #announce(isShrinking: boolean): Promise<void> {
    const { onStart, seed, path = "0" } = this.#options;
    if (onStart === undefined) return;
    const place = this.#withDimension(laterPath(path, this.#drawn));
    await onStart({ role: isShrinking ? "shrink" : "case", seed, path: place });
  }

  #check(value: LawCase): Promise<boolean> {
    const { caseTimeoutMs = defaultCaseTimeoutMs } = this.#options;
    const check = async () =>
      observeComparisons(
        (comparison) => this.observe(comparison),
        () => this.#law.check(value, this.#judged(value)),
      );
    return inTime(check(), caseTimeoutMs);
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

  /** Keeps the comparison that comes nearest to its tolerance. */
  observe({ error, allowed, share: ofSpread }: Comparison): void {
    if (!(error <= allowed)) return; // a failure, which is reported as one
    if (ofSpread !== undefined && !this.broken) this.shares.push(ofSpread);
    const share = this.worst === null ? -1 : this.worst.error / this.worst.allowed;
    if (error / allowed > share) this.worst = { error, allowed };
  }

  #observeFailure(error: unknown): void {
    if (!(error instanceof LawBroken) || error.difference === null) return;
    this.#largestError = Math.max(this.#largestError ?? 0, error.difference.error);
  }

  /** Adds the counts of an earlier run to this one, and returns it. */
  after(earlier: CaseRun): this {
    this.cases += earlier.cases;
    this.reached += earlier.reached;
    this.passedOver += earlier.passedOver;
    this.timeMs += earlier.timeMs;
    for (const share of earlier.shares) this.shares.push(share);
    if (earlier.worst !== null) this.observe(earlier.worst);
    return this;
  }

  /** Path to the smallest case that broke the law; null if none did. */
  get path(): string | null {
    const path = this.#details?.counterexamplePath ?? null;
    return path === null ? null : this.#withDimension(path);
  }

  #withDimension(path: string): string {
    const { dimension } = this.#options;
    return dimension === undefined ? path : `${dimension}:${path}`;
  }

  /** Returns the description of the smallest case that broke the law; null if none did. */
  async failure(): Promise<Failure | null> {
    const { error } = this;
    const { counterexample = null, numShrinks = 0 } = this.#details ?? {};
    if (counterexample === null) return null;
    const [value] = counterexample;
    return {
      message: error instanceof LawBroken ? error.message : `threw ${thrownText(error)}`,
      smallest: caseText(value),
      shrinks: numShrinks,
      path: this.path ?? "",
      size: largeSizeOf(value),
      largestError: this.#largestError,
      where: await this.#departure(value),
      stack: error instanceof LawBroken ? null : thrownStack(error),
    };
  }

  async #departure(value: LawCase): Promise<string | null> {
    const { candidate } = value;
    const tokens = this.error instanceof LawBroken ? this.error.tokens : null;
    const subject = this.#judged(value);
    if (candidate === undefined || !("decoder" in candidate) || tokens === null) return null;
    if (subject.kind === "choice") return null;
    const { caseTimeoutMs = defaultCaseTimeoutMs } = this.#options;
    try {
      return await inTime(localise(candidate, tokens, subject.accurate), caseTimeoutMs);
    } catch {
      return null; // its stages fail; the law is broken all the same
    }
  }
}

/** Returns the result of fast-check; null if the path leads to no case. */
async function checked(property: fc.IAsyncProperty<[LawCase]>, options: CaseOptions) {
  try {
    return await fc.check(property, parameters(options));
  } catch (error) {
    if (error instanceof Error && error.message.startsWith("Unable to replay")) return null;
    throw error;
  }
}

function parameters(options: CaseOptions): fc.Parameters<[LawCase]> {
  const { seed, runs, path, shrink = true } = options;
  return {
    seed,
    numRuns: runs,
    endOnFailure: !shrink,
    ...(path === undefined ? {} : { path }),
  };
}
