/**
 * The laws as tests of a test runner: which tests there are, their titles, and what each one runs.
 * The entry points `causalgate/vitest`, `causalgate/jest` and `causalgate/node-test` register them.
 */
import { inspect } from "node:util";
import { lawId } from "../laws/former-codes.ts";
import { lawById, laws } from "../laws/index.ts";
import { type Law, missingNeeds } from "../laws/law.ts";
import { checkLaw } from "../laws/support/check-law.ts";
import { type Subject, subjectKinds } from "../subjects/subject.ts";
import { defaultCaseTimeoutMs } from "../verify/case-timeout.ts";
import { lineOf, parseReplay, type Replay } from "../verify/corpus.ts";
import { type LawVerdict, type RunOptions, replayCase, runLaw } from "../verify/run-law.ts";
import { describeVerdict, replayLine } from "../verify/verdicts.ts";

/** Options of `describeLaws`. */
export interface DescribeLawsOptions {
  /** Seed of the generated cases. Default: the environment variable CAUSALGATE_SEED, or 42. */
  readonly seed?: number;
  /** Number of cases of each law. Default 200. */
  readonly runs?: number;
  /** Laws to test, by id or as values, your own included. Default: every law. */
  readonly laws?: readonly (string | Law)[];
  /** Laws that the subject is known to break, by id, each with the reason. They must fail. */
  readonly knownFailures?: Readonly<Record<string, string>>;
  /** Time limit of each law in milliseconds. Default 120,000. */
  readonly timeout?: number;
}

/** The tests of one subject. */
export interface LawSuite {
  readonly title: string;
  readonly timeout: number;
  /** Prepares the subject and prints the seed; to be awaited before the first test. */
  readonly prepare: () => Promise<void>;
  readonly tests: readonly LawTest[];
}

/** One law as a test. */
export interface LawTest {
  readonly title: string;
  /** The result that the runner expects: `fail` for a known failure, `skip` if not offered. */
  readonly expected: "pass" | "fail" | "skip";
  /**
   * Runs the law and its canary.
   *
   * @param command the shell command that runs the test file again
   * @throws {Error} with the full description, if the law is broken or unproven; for a known
   *   failure, only if it is broken
   */
  readonly run: (command: string) => Promise<LawTestResult>;
}

export interface LawTestResult {
  /** Number of cases that ran. */
  readonly cases: number;
  /** The reason why no case could be tested; null if cases were. */
  readonly notOffered: string | null;
}

/**
 * Returns the tests of a subject, one for each law.
 *
 * A suite that would test no law, or replay no case, has one more test, which fails.
 *
 * @throws {TypeError} if the subject or a law is not one, as in JavaScript
 * @throws {RangeError} naming an unknown law or a malformed option
 */
export function lawSuite(subject: Subject, options: DescribeLawsOptions): LawSuite {
  if (!subjectKinds.includes(subject?.kind)) {
    const must = "the subject must come from defineSubject or defineSampler";
    throw new TypeError(`describeLaws: ${must}, got ${inspect(subject, { depth: 0 })}`);
  }
  const { seed = seedFromEnvironment(), runs = 200, timeout = 120_000 } = options;
  checkInteger("seed or CAUSALGATE_SEED", seed, Number.MIN_SAFE_INTEGER);
  checkInteger("runs", runs, 1);
  checkInteger("timeout", timeout, 1);
  const chosen = chosenLaws(options.laws);
  for (const law of chosen ?? []) checkLaw("describeLaws", law);
  const known = withCurrentIds({ ...subject.knownFailures, ...options.knownFailures });
  checkKnown(known, chosen);
  const replay = replayFromEnvironment();
  // A known failure is an expected failure of the runner, and an ordinary one of the law.
  const judged = { ...subject, knownFailures: {} };
  const most = 0.8 * timeout;
  const limits = { timeLimitMs: most, caseTimeoutMs: Math.min(most, defaultCaseTimeoutMs) };
  const notOffered = new Set(chosen.filter((law) => missingNeeds(law, judged).length > 0));
  const plan = { subject: judged, laws: chosen, seed, runs, limits, replay, notOffered };
  return {
    title: `laws of ${subject.name}`,
    timeout,
    prepare: async () => {
      await subject.prepare?.();
      print(`laws of ${subject.name}, seed ${seed}, ${runs} cases for each law`);
    },
    tests: [...chosen.map((law) => lawTest(law, plan, known[law.id])), ...failingTests(plan)],
  };
}

/** Returns the laws to test, each once. */
function chosenLaws(given: DescribeLawsOptions["laws"]): readonly Law[] {
  if (given === undefined) return laws;
  if (given.length === 0) {
    const fix = "leave it out to test every law";
    throw new RangeError(`describeLaws: laws must name at least one law, got none; ${fix}`);
  }
  return [...new Set(given.map((law) => (typeof law === "string" ? lawById(law) : law)))];
}

interface Plan {
  readonly subject: Subject;
  readonly laws: readonly Law[];
  readonly seed: number;
  readonly runs: number;
  /** Limits below that of the runner, whose timeout would end a test without a verdict. */
  readonly limits: Required<Pick<RunOptions, "timeLimitMs" | "caseTimeoutMs">>;
  readonly replay: Replay | null;
  /** The laws found not to be offered so far: before the run, or by their cases. */
  readonly notOffered: Set<Law>;
}

/** The lines of CAUSALGATE_REPLAY that a suite of this test file runs. */
const replayedLines = new Set<string>();

/** Returns the test that fails if the suite would test no law, or the file replay no case. */
function failingTests(plan: Plan): LawTest[] {
  const { laws, notOffered, replay } = plan;
  if (replay === null) {
    if (notOffered.size < laws.length) return [];
    const run = () => Promise.reject(noneOffered(plan));
    return [{ title: "a law is tested", expected: "pass", run }];
  }
  const line = lineOf(replay);
  const law = laws.find(({ id }) => id === replay.id);
  if (law !== undefined && !notOffered.has(law)) {
    replayedLines.add(line);
    return [];
  }
  const run = async () => {
    if (replayedLines.has(line)) return { cases: 0, notOffered: "another suite replays it" };
    throw notReplayed(plan, replay, law);
  };
  return [{ title: `replays ${line}`, expected: "pass", run }];
}

function noneOffered({ subject, laws }: Plan): Error {
  const needs = laws.map((law) => `${law.id} (${missingNeeds(law, subject).join(", ")})`);
  const must = `${subject.name} must offer what at least one of the laws needs`;
  return new Error(`describeLaws: ${must}, got none; not offered: ${needs.join("; ")}`);
}

function notReplayed({ subject, laws }: Plan, { id }: Replay, law: Law | undefined): Error {
  if (law !== undefined) {
    const lacks = missingNeeds(law, subject).join(", ");
    return new Error(`CAUSALGATE_REPLAY: ${subject.name} must offer what ${id} needs: ${lacks}`);
  }
  const ids = laws.map(({ id }) => id).join(", ");
  const must = `must name a law of this test file, here ${ids}`;
  return new RangeError(`CAUSALGATE_REPLAY: ${must}; got ${id}`);
}

function lawTest(law: Law, plan: Plan, knownFailure: string | undefined): LawTest {
  const title = `${law.id}: ${law.name}`;
  const missing = missingNeeds(law, plan.subject);
  const skipped = (reason: string): LawTest => ({
    title: `${title} (${reason})`,
    expected: "skip",
    run: async () => ({ cases: 0, notOffered: reason }),
  });
  if (missing.length > 0) return skipped(`not offered: ${missing.join(", ")}`);
  if (plan.replay !== null && plan.replay.id !== law.id) return skipped("not replayed");
  if (knownFailure === undefined) {
    return { title, expected: "pass", run: (command) => runTest(law, plan, command) };
  }
  return {
    title: `${title} (known failure: ${knownFailure})`,
    expected: "fail",
    run: (command) => runKnownFailure(law, plan, command),
  };
}

async function runTest(law: Law, plan: Plan, command: string): Promise<LawTestResult> {
  const verdict = await judge(law, plan);
  if (verdict === null) return { cases: 1, notOffered: null };
  const { status, cases, missing } = verdict;
  if (status === "not offered") {
    plan.notOffered.add(law);
    const reason = `not offered: ${missing.join(", ")}`;
    const isNothingTested = plan.replay !== null || plan.notOffered.size === plan.laws.length;
    if (isNothingTested) throw new Error(`${law.id}: nothing was tested; ${reason}`);
    return { cases, notOffered: reason };
  }
  if (status !== "kept") throw lawFailure(verdict, command);
  return { cases, notOffered: null };
}

/** Runs a law whose failure the runner expects: only a broken law is that failure. */
async function runKnownFailure(law: Law, plan: Plan, command: string): Promise<LawTestResult> {
  const must = `${law.id}: a known failure must be a broken law`;
  let verdict: LawVerdict | null;
  try {
    verdict = await judge(law, plan);
  } catch (error) {
    print(`${must}, got the error "${error}"`);
    return { cases: 0, notOffered: null };
  }
  if (verdict !== null && verdict.failure !== null) throw lawFailure(verdict, command);
  const { cases, status } = verdict ?? { cases: 1, status: "kept" };
  print(`${must}, got "${status}" over ${cases} cases; if its bug is fixed, remove it`);
  return { cases, notOffered: null };
}

/** Returns the verdict of a law; null if its replayed case keeps it. */
function judge(law: Law, plan: Plan): Promise<LawVerdict | null> {
  const { subject, seed, runs, limits, replay } = plan;
  if (replay === null) return runLaw(law, subject, { seed, runs, ...limits });
  return replayCase(law, subject, { ...replay, caseTimeoutMs: limits.caseTimeoutMs });
}

/** Prints to the terminal: runners decorate the console, and some write data to standard output. */
export function print(line: string): void {
  process.stderr.write(`causalgate: ${line}\n`);
}

/** Returns the failure of a test, with the stack of the engine if that threw it. */
function lawFailure(verdict: LawVerdict, command: string): Error {
  const replay = `CAUSALGATE_REPLAY=${replayLine(verdict)} ${command}`;
  const error = new Error(describeVerdict(verdict, replay));
  const frames = verdict.failure?.stack?.split("\n").filter((line) => /^ *at /.test(line)) ?? [];
  error.stack = [`Error: ${error.message}`, ...frames].join("\n");
  return error;
}

/** Returns CAUSALGATE_SEED as a number, or NaN, which is then refused. */
function seedFromEnvironment(): number {
  const { CAUSALGATE_SEED: text } = process.env;
  return text === undefined || text === "" ? 42 : Number(text);
}

function replayFromEnvironment(): Replay | null {
  const { CAUSALGATE_REPLAY: line } = process.env;
  return line === undefined || line === "" ? null : parseReplay(line);
}

function checkInteger(name: string, value: number, min: number): void {
  if (Number.isSafeInteger(value) && value >= min) return;
  const range = min < 0 ? "a safe integer" : `an integer of at least ${min}`;
  throw new RangeError(`describeLaws: ${name} must be ${range}, got ${value}`);
}

/** Replaces former codes of laws by their ids. */
function withCurrentIds(known: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(known).map(([name, reason]) => [lawId(name), reason]));
}

/** Refuses a known failure of a law that does not exist: it would never be noticed. */
function checkKnown(known: Readonly<Record<string, string>>, own: readonly Law[]): void {
  for (const id of Object.keys(known)) {
    if (!own.some((law) => law.id === id)) lawById(id);
  }
}
