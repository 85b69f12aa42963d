import { join } from "node:path";
import { $ } from "zx";
import { findConfig } from "../formats/find-model.ts";
import type { Journal } from "../io/journal.ts";
import { moduleExtension } from "../io/package-files.ts";
import { startProgress } from "../io/progress.ts";
import { type BenchmarkName, type BenchScale, defaultModels } from "./grids.ts";
import type { MeasuredRun } from "./measure.ts";
import { estimateSeconds, host, type PlannedModel, planBench, type Wanted } from "./plan.ts";
import type { BenchCell, Job, Sample } from "./sample.ts";
import type { Configs } from "./timed-groups.ts";

/** The options of a bench. */
export interface BenchRequest {
  readonly benchmarks: readonly BenchmarkName[];
  /** Names or paths; empty for the models of the scale. */
  readonly models: readonly string[];
  readonly scale: BenchScale;
  readonly seed: number;
  /** True to run cells that take longer than the scale allows, too, once each. */
  readonly slow: boolean;
}

/** All samples, and the configurations of the measured models. */
export interface BenchResult {
  readonly samples: readonly Sample[];
  readonly configs: Configs;
}

/**
 * Runs the jobs of a bench, one process after the other, with a progress bar.
 *
 * @throws {Error} if a model cannot be found or a process fails, with its message
 */
export async function runBench(
  request: BenchRequest,
  { record, keep }: Pick<Journal, "record" | "keep">,
): Promise<BenchResult> {
  const wanted = await wantedOf(request);
  const { jobs, notRun } = planBench(wanted, { ...request, runId: record.run_id });
  const models = new Map(wanted.map(({ model }) => [model.name, model]));
  const steps = (job: Job, cell: BenchCell) =>
    1000 * estimateSeconds(models.get(job.model)!, cell, cell.marks.at(-1)!);
  const stepsOf = (job: Job) =>
    job.cells.reduce((sum, cell) => sum + cell.rounds * steps(job, cell), 0);

  const progress = startProgress("", Math.ceil(jobs.reduce((sum, job) => sum + stepsOf(job), 0)));
  const samples: Sample[] = [];
  try {
    for (const [index, job] of jobs.entries()) {
      progress.label(`${job.benchmark} of ${job.model}, process ${job.process + 1}`);
      let left = stepsOf(job);
      const onRun = (cell: BenchCell) => {
        progress.step(steps(job, cell));
        left -= steps(job, cell);
      };
      samples.push(...(await keep(index, () => runJob(job, onRun))));
      progress.step(left);
    }
  } finally {
    progress.stop();
  }
  const configs = new Map(wanted.map(({ model: { name, config } }) => [name, config]));
  return { samples: [...samples, ...notRun], configs };
}

async function wantedOf({ benchmarks, models, scale }: BenchRequest): Promise<Wanted[]> {
  const found = new Map<string, PlannedModel>();
  const find = async (source: string): Promise<PlannedModel> => {
    const { name, config } = await findConfig(source);
    return { source, name, config };
  };
  const wanted: Wanted[] = [];
  for (const benchmark of benchmarks) {
    if (benchmark === "roof") {
      wanted.push({ benchmark, model: host });
      continue;
    }
    for (const source of models.length > 0 ? models : defaultModels(benchmark, scale)) {
      if (!found.has(source)) found.set(source, await find(source));
      wanted.push({ benchmark, model: found.get(source)! });
    }
  }
  return wanted;
}

const worker = join(import.meta.dirname, `bench-worker${moduleExtension}`);

/**
 * Measures a job in a separate process.
 *
 * @param onRun called after each run
 * @throws {Error} if the process fails, with its message
 */
async function runJob(job: Job, onRun: (cell: BenchCell) => void): Promise<Sample[]> {
  const samples: Sample[] = [];
  await runWorker<MeasuredRun>(worker, job, (run) => {
    samples.push(...run.samples);
    onRun(run.cell);
  });
  return samples;
}

/**
 * Runs a program in a separate process.
 *
 * @param program gets the job as JSON in its first argument, and prints lines of JSON
 * @throws {Error} if the process fails, with its message
 */
export async function runWorker<Line>(
  program: string,
  job: unknown,
  onLine: (line: Line) => void,
): Promise<void> {
  // Not detached, so that Ctrl-C ends it, too.
  const run = $({ quiet: true, nothrow: true, detached: false });
  const child = run`${process.execPath} ${program} ${JSON.stringify(job)}`;
  for await (const line of child) onLine(JSON.parse(line));
  const { ok, exitCode, signal, stderr } = await child;
  if (ok) return;
  throw new Error(stderr.trim() || `bench: a process must end with 0, got ${signal ?? exitCode}`);
}
