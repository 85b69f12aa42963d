/**
 * The measurements of one process: rounds in which every cell is run once, in random order, so that
 * a change of the machine's speed affects all cells alike.
 */
import { createHash } from "node:crypto";
import { schemaVersion } from "../io/table.ts";
import { type Random, seededRandom } from "../math/random.ts";
import { GcWatch } from "./gc-watch.ts";
import { armOf, type BenchCell, baselineOf, type Job, type Sample } from "./sample.ts";

/** One timed step of a run; returns the new token. */
export type TimedStep = () => Promise<number>;

/** Makes a run ready, untimed: memory is allocated and the prompt made before the clock. */
export type PrepareRun<Run = BenchCell> = (run: Run) => Promise<TimedStep>;

/** @typeParam Run the fields of a cell that the workload reads */
export interface Workload<Run = BenchCell> {
  /** Allocates separate memory; called twice, the second time for the control. */
  readonly allocate: () => Promise<PrepareRun<Run>>;
  /** The first tokens that a run must give, as far as they are known. */
  readonly rightTokens: (run: Run) => readonly number[];
}

/** The clock and the resources of the process after some tokens of a run. */
interface Reading {
  readonly elapsed: bigint;
  /** Time of the last step alone. */
  readonly lastStep: bigint;
  readonly atMs: number;
  readonly usage: NodeJS.ResourceUsage;
  readonly memory: NodeJS.MemoryUsage;
}

/** One run of a cell. */
export interface MeasuredRun {
  readonly cell: BenchCell;
  readonly samples: readonly Sample[];
}

/** Measures a job, run by run. */
export async function* measure(
  job: Job,
  workload: Workload,
): AsyncGenerator<MeasuredRun, void, void> {
  const random = seededRandom(job.orderSeed);
  const isSwapped = random() < 0.5;
  const works = [await workload.allocate(), await workload.allocate()];
  if (isSwapped) works.reverse();
  const workOf = (cell: BenchCell) => works[cell.isTwin ? 1 : 0];
  // The known tokens are computed first, so that no garbage of it is collected during a run.
  const right = new Map(job.cells.map((cell) => [cell, workload.rightTokens(cell)]));
  for (const cell of job.cells) await warmUp(workOf(cell), cell);

  using gc = new GcWatch();
  let seqNo = 0;
  const rounds = Math.max(0, ...job.cells.map((cell) => cell.rounds));
  for (let round = 0; round < rounds; round++) {
    const due = job.cells.filter((cell) => cell.rounds > round);
    for (const [slot, cell] of shuffled(due, random).entries()) {
      const step = await workOf(cell)(cell);
      const place = { process_label_swap: isSwapped, round, slot, seq_no: seqNo++ };
      const start = read(0n, 0n);
      const run = await timeRun(step, cell.marks);
      await gc.settle();
      const measured = { ...run, start, gc };
      yield { cell, samples: samplesOf(job, cell, place, measured, right.get(cell)!) };
    }
  }
}

/** Runs steps and reads the clock at each mark. This one line times all arms of all tasks. */
async function timeRun(step: TimedStep, marks: readonly number[]) {
  const tokens: number[] = [];
  const readings: Reading[] = [];
  let elapsed = 0n;
  let lastStep = 0n;
  for (const mark of marks) {
    while (tokens.length < mark) {
      const start = process.hrtime.bigint();
      const token = await step();
      lastStep = process.hrtime.bigint() - start;
      elapsed += lastStep;
      tokens.push(token);
    }
    readings.push(read(elapsed, lastStep));
  }
  return { tokens, readings };
}

function read(elapsed: bigint, lastStep: bigint): Reading {
  const atMs = performance.now();
  const usage = process.resourceUsage();
  return { elapsed, lastStep, atMs, usage, memory: process.memoryUsage() };
}

/** Runs the beginning of a cell repeatedly for a moment, so that it is compiled. */
async function warmUp(work: PrepareRun, cell: BenchCell): Promise<void> {
  const end = performance.now() + 30;
  do await timeRun(await work(cell), cell.marks.slice(0, 1));
  while (performance.now() < end);
}

type Place = Pick<Sample, "process_label_swap" | "round" | "slot" | "seq_no">;
type Run = Awaited<ReturnType<typeof timeRun>> & { readonly start: Reading; readonly gc: GcWatch };

/**
 * Returns the samples of one run: one for each mark, and one for the last step before it if that
 * decodes.
 */
function samplesOf(
  job: Job,
  cell: BenchCell,
  place: Place,
  { tokens, readings, start, gc }: Run,
  rightTokens: readonly number[],
): Sample[] {
  const isRight = rightTokens.every((token, i) => i >= tokens.length || token === tokens[i]);
  const isTrace = cell.task === "generation_length" && cell.mode === baselineOf(cell.task);
  const since = (
    key: "userCPUTime" | "systemCPUTime" | "involuntaryContextSwitches",
    at: Reading,
  ) => at.usage[key] - start.usage[key];
  return readings.flatMap((at, i): Sample[] => {
    const made = cell.marks[i];
    const collected = gc.between(start.atMs, at.atMs);
    const sample: Sample = {
      ...emptySample(job, cell, made),
      ...place,
      process_id: job.process,
      t_start_ns: Math.round(start.atMs * 1e6),
      t_ns: Number(at.elapsed),
      cpu_user_us: since("userCPUTime", at),
      cpu_sys_us: since("systemCPUTime", at),
      gc_ns: collected.ns,
      gc_count: collected.count,
      invol_ctx_switches: since("involuntaryContextSwitches", at),
      rss_bytes: at.memory.rss,
      heap_used_bytes: at.memory.heapUsed,
      token_digest: digest(tokens.slice(0, made)),
      status: isRight ? "ok" : "mismatch",
      error: isRight ? null : `the first ${rightTokens.length} tokens must be [${rightTokens}]`,
    };
    if (!isTrace || made === 1) return [sample];
    const lengths = { prompt_len: null, gen_len: 1, position: sample.seq_len! - 1 };
    const usage = { cpu_user_us: null, cpu_sys_us: null, invol_ctx_switches: null };
    const memory = { gc_ns: null, gc_count: null };
    const t_ns = Number(at.lastStep);
    return [sample, { ...sample, task: "decode", ...lengths, ...usage, ...memory, t_ns }];
  });
}

/** Returns the sample of a cell that was not run: its labels, and nulls. */
export function emptySample(
  { run_id, model }: Pick<Job, "run_id" | "model">,
  cell: Omit<BenchCell, "marks" | "rounds">,
  newTokens: number,
): Sample {
  const { task, mode, promptLength } = cell;
  return {
    schema_version: schemaVersion,
    run_id,
    process_id: null,
    process_label_swap: null,
    round: null,
    slot: null,
    seq_no: null,
    arm: armOf(cell),
    model,
    task,
    mode,
    prompt_len: promptLength,
    seq_len: promptLength === null ? null : promptLength + newTokens - 1,
    gen_len: newTokens,
    position: null,
    batch: 1,
    dtype: "float64",
    threads: 1,
    t_start_ns: null,
    t_ns: null,
    cpu_user_us: null,
    cpu_sys_us: null,
    gc_ns: null,
    gc_count: null,
    invol_ctx_switches: null,
    rss_bytes: null,
    heap_used_bytes: null,
    token_digest: null,
    status: "ok",
    error: null,
  };
}

export function digest(tokens: readonly number[]): string {
  return createHash("sha256").update(tokens.join()).digest("hex").slice(0, 16);
}

/**
 * Returns the items in a random order, each as likely as any other. Fisher and Yates; written here,
 * as no dependency shuffles by a given random source.
 */
export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const order = [...items];
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
