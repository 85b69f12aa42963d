/** Laws on an engine in a child process: whatever it does, each law gets a verdict. */
import { lawById } from "../laws/index.ts";
import type { Law } from "../laws/law.ts";
import type { MessageOf } from "./child-messages.ts";
import { type ChildEnd, type ChildProgram, runChild } from "./child-process.ts";
import { type Corpus, lineOf, type Replay } from "./corpus.ts";
import { errorVerdict, notRunVerdict } from "./error-verdict.ts";
import type { LawVerdict, RunOptions } from "./run-law.ts";
import type { Report, VerifyOptions } from "./verify.ts";

/** Options of a run that can be sent to a child. */
export type IsolatedOptions = Pick<
  RunOptions,
  "seed" | "runs" | "shard" | "large" | "timeLimitMs" | "caseTimeoutMs"
> & { readonly corpus: Corpus };

/** The work of a child: to run laws, or to replay one case. */
export type ChildTask =
  | { readonly kind: "laws"; readonly ids: readonly string[]; readonly options: IsolatedOptions }
  | ({ readonly kind: "replay"; readonly caseTimeoutMs: number } & Replay);

/** The engine in the child. */
export type IsolatedSubject = Omit<MessageOf<"subject">, "type">;

/** Functions that a run calls. */
export interface IsolatedEvents extends Pick<VerifyOptions, "onLaw" | "onCase" | "onVerdict"> {
  /** Called once, when the engine is loaded. */
  readonly onSubject?: (subject: IsolatedSubject) => void;
}

/** Engines that do not answer so many laws in a row are not asked again. */
const mostHangs = 3;

/**
 * As `verify`, with the engine in a child process. A law during which the process ends, does not
 * answer or uses too much memory is an error; a new process continues with the next law.
 *
 * @throws {Error} if the engine cannot be loaded
 */
export async function verifyIsolated(
  program: ChildProgram,
  laws: readonly Law[],
  options: IsolatedOptions,
  events: IsolatedEvents,
): Promise<Report> {
  const run = new IsolatedRun(laws, options, events);
  while (run.rest.length > 0) {
    if (run.isOver) run.skipLaw();
    else run.end(await runChild(program, run.task, (message) => run.receive(message)));
  }
  return { verdicts: run.verdicts };
}

/**
 * As `replayCase`, with the engine in a child process.
 *
 * @throws {Error} if the engine cannot be loaded, or the path leads to no case
 */
export async function replayIsolated(
  program: ChildProgram,
  replay: Replay,
  onSubject: (subject: IsolatedSubject) => void,
): Promise<LawVerdict | null> {
  const law = lawById(replay.id);
  const { seed, path } = replay;
  const { caseTimeoutMs } = program;
  const task: ChildTask = { kind: "replay", caseTimeoutMs, ...replay };
  let subject: IsolatedSubject | null = null;
  let verdict: LawVerdict | null | undefined;
  const ended = await runChild(program, task, (message) => {
    if (message.type === "replayed") verdict = message.verdict;
    if (message.type !== "subject") return;
    subject = message;
    onSubject(message);
  });
  if (verdict !== undefined) return verdict;
  const start = { role: "case", seed, path } as const;
  return failedVerdict(law, loaded(subject, ended), { seed, start, cases: 1, timeMs: 0 }, ended);
}

/** The laws of a run: those with a verdict, the current one, and the rest. */
class IsolatedRun {
  readonly verdicts: LawVerdict[] = [];
  /** Laws without a verdict; the first is the current one. */
  rest: readonly Law[];
  readonly #options: IsolatedOptions;
  readonly #events: IsolatedEvents;
  readonly #deadline: number;
  #subject: IsolatedSubject | null = null;
  #start: MessageOf<"case"> | null = null;
  #started = performance.now();
  #cases = 0;
  /** Laws in a row that the engine did not answer. */
  #hangs = 0;

  constructor(laws: readonly Law[], options: IsolatedOptions, events: IsolatedEvents) {
    this.rest = laws;
    this.#options = options;
    this.#events = events;
    this.#deadline = this.#started + (options.timeLimitMs ?? Number.POSITIVE_INFINITY);
  }

  /** The laws that are left, for a child, with the time that is left. */
  get task(): ChildTask {
    const timeLimitMs = Math.max(0, this.#deadline - performance.now());
    const limit = this.#options.timeLimitMs === undefined ? {} : { timeLimitMs };
    const ids = this.rest.map(({ id }) => id);
    this.#begin();
    return { kind: "laws", ids, options: { ...this.#options, ...limit } };
  }

  /** True if another child would only wait. */
  get isOver(): boolean {
    return this.#hangs >= mostHangs || (this.#hangs > 0 && this.#isLate);
  }

  get #isLate(): boolean {
    return performance.now() >= this.#deadline;
  }

  receive(message: Parameters<Parameters<typeof runChild>[2]>[0]): void {
    const [law] = this.rest;
    if (message.type === "subject") this.#load(message);
    else if (law === undefined) return;
    else if (message.type === "law" && message.law === law.id) this.#events.onLaw?.(law);
    else if (message.type === "case") this.#startCase(message);
    else if (message.type === "verdict" && message.verdict.law === law) {
      this.#step(message.steps);
      this.#hangs = 0;
      this.#add(message.verdict);
    }
  }

  /** Gives the current law its verdict if its child failed. */
  end(ended: ChildEnd): void {
    const subject = loaded(this.#subject, ended);
    const [law] = this.rest;
    if (law === undefined) return;
    if (ended.kind === "failed" && ended.isHang) this.#hangs++;
    const { seed } = this.#options;
    const timeMs = performance.now() - this.#started;
    const place = { seed, start: this.#start, cases: this.#cases, timeMs };
    this.#add(failedVerdict(law, subject, place, ended));
  }

  /** Gives the current law a verdict without running it. */
  skipLaw(): void {
    const [law] = this.rest;
    const { seed } = this.#options;
    if (this.#subject === null) throw new Error("isolated: the engine must be loaded, got none");
    const isLate = this.#hangs < mostHangs;
    this.#add(notRunVerdict(law, this.#subject, seed, isLate));
  }

  #load(subject: IsolatedSubject): void {
    if (this.#subject === null) this.#events.onSubject?.(subject);
    this.#subject ??= subject;
  }

  #startCase(start: MessageOf<"case">): void {
    this.#step(start.steps);
    this.#start = start;
    if (start.role === "case") this.#cases++;
  }

  #step(steps: number): void {
    for (let step = 0; step < steps; step++) this.#events.onCase?.();
  }

  #add(verdict: LawVerdict): void {
    this.verdicts.push(verdict);
    this.rest = this.rest.slice(1);
    this.#begin();
    this.#events.onVerdict?.(verdict);
  }

  #begin(): void {
    this.#start = null;
    this.#cases = 0;
    this.#started = performance.now();
  }
}

/** Returns the engine if it was loaded; else throws the reason. */
function loaded(subject: IsolatedSubject | null, ended: ChildEnd): IsolatedSubject {
  if (ended.kind === "refused") throw new Error(ended.message);
  if (subject !== null) return subject;
  const reason = ended.kind === "failed" ? ended.message : "its process ended";
  throw new Error(`engine: must load, got: ${reason}`);
}

/** The place at which a child ended. */
interface Place extends Pick<LawVerdict, "seed" | "cases" | "timeMs"> {
  /** The last case that started; null if none did. */
  readonly start: Omit<MessageOf<"case">, "type" | "steps"> | null;
}

/** Returns the verdict of a law whose child ended without it. */
function failedVerdict(
  law: Law,
  { name, origin }: IsolatedSubject,
  { start, ...measured }: Place,
  ended: ChildEnd,
): LawVerdict {
  const message = ended.kind === "failed" ? ended.message : "a verdict must be sent, got none";
  const verdict = { ...errorVerdict(law, name, { ...measured, origin }, ""), ...measured };
  if (start === null || start.role === "canary") {
    const where = start === null ? "before its first case" : "in a case of its canary";
    return { ...verdict, reason: `${law.id}: ${message}; it was ${where}` };
  }
  const { seed, path } = start;
  const line = lineOf({ id: law.id, seed, path });
  const where = start.role === "shrink" ? `a case smaller than ${line}` : `case ${line}`;
  const failure = {
    ...{ message, smallest: null, shrinks: 0, path, size: null },
    ...{ largestError: null, where: null, stack: null },
  };
  return { ...verdict, seed, reason: `${message}; it was in ${where}`, failure };
}
