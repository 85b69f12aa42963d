/** The publication: all steps run, each in its folder; then the tables of each are copied. */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { which } from "zx";
import { writeWhole } from "../../src/io/files.ts";
import { durationText } from "../../src/io/numbers.ts";
import { schemas } from "../../src/report/schemas.ts";
import {
  expectedSeconds,
  isOverdue,
  type PublishPlan,
  remainingSeconds,
  type StepTime,
} from "./estimate.ts";
import { lastLine, runStep } from "./run-step.ts";
import type { FinishedStep, PublishState } from "./state.ts";
import type { Lane, PublishStep } from "./step.ts";

export interface PublishOptions extends PublishPlan {
  readonly seed: number;
  /** The folder of the steps, and the published folder. */
  readonly work: string;
  readonly out: string;
  readonly state: PublishState;
  readonly print: (line: string) => void;
  /** Seconds between two lines with the time left. */
  readonly heartbeat: number;
}

/**
 * Runs every step that has not finished, or has failed before, and prints the duration of each.
 *
 * @returns the steps that have finished, by name
 */
export async function runSteps(
  options: PublishOptions,
): Promise<ReadonlyMap<string, FinishedStep>> {
  const { steps, state, print, heartbeat, lanes } = options;
  const started = new Map<string, number>();
  const isWaiting = ({ name }: PublishStep) =>
    (state.finished.get(name)?.result ?? "failed") === "failed";
  const timesOf = (): StepTime[] =>
    steps.map((step) => {
      const start = started.get(step.name);
      if (start !== undefined) {
        return { step, state: "running", seconds: (performance.now() - start) / 1000 };
      }
      const done = state.finished.get(step.name);
      if (done === undefined) return { step, state: "waiting", seconds: 0 };
      return { step, state: "finished", seconds: done.seconds };
    });
  const left = () => {
    const times = timesOf();
    const least = isOverdue(times, options) ? "at least " : "";
    return `${least}${durationText(remainingSeconds(times, options))} left in all`;
  };
  const timer = setInterval(() => {
    const running = timesOf().filter((time) => time.state === "running");
    const texts = running.map(({ step, seconds }) => {
      const expected = durationText(expectedSeconds(step, options));
      return `${step.name} ${durationText(seconds)} of about ${expected}`;
    });
    print(`  ${texts.join(", ")}; ${left()}`);
  }, 1000 * heartbeat);
  try {
    const pinned = lanes === 2 ? await lastCore() : [];
    const runLane = async (of: readonly PublishStep[], prefix: readonly string[]) => {
      for (const step of of.filter(isWaiting)) {
        started.set(step.name, performance.now());
        print(`${step.name}: about ${durationText(expectedSeconds(step, options))}; ${left()}`);
        const folder = join(options.work, step.name);
        const finished = await runStep(step, options, folder, prefix);
        started.delete(step.name);
        await state.finish(step.name, finished);
        const texts = { kept: "", found: ", found something", failed: ", FAILED" };
        print(`${step.name}: took ${durationText(finished.seconds)}${texts[finished.result]}`);
        if (finished.result === "failed")
          print(`  ${await lastLine(folder)}; see ${folder}/log.txt`);
      }
    };
    const ofLane = (lane: Lane) => steps.filter((step) => step.lane === lane);
    const both = [
      { of: ofLane("timing"), prefix: [] },
      { of: ofLane("checking"), prefix: pinned },
    ];
    if (lanes === 2) await Promise.all(both.map(({ of, prefix }) => runLane(of, prefix)));
    else for (const { of } of both.toReversed()) await runLane(of, []);
  } finally {
    clearInterval(timer);
  }
  return state.finished;
}

/**
 * Copies the tables of the steps that completed into the published folder. All are copied at the
 * end, so that every step ran on an unchanged repository.
 */
export async function copyResults({
  steps,
  state,
  work,
  out,
  print,
}: PublishOptions): Promise<void> {
  const completed = steps.filter(
    ({ name }) => (state.finished.get(name)?.result ?? "failed") !== "failed",
  );
  for (const [group, members] of Map.groupBy(completed, (step) => step.group)) {
    const from = members.map(({ name }) => join(work, name));
    for (const line of await members[0].publish(from, out)) print(`${group}: ${line}`);
  }
  const known = Object.values(schemas).map(({ file }) => file);
  const tables = (await readdir(out)).filter((name) => name.endsWith(".csv"));
  for (const name of tables.filter((table) => !known.some((file) => file === table))) {
    print(`${name}: no table of today, remove it`);
  }
}

/** The program that keeps another one on the last core, if this system has it. */
async function lastCore(): Promise<readonly string[]> {
  const taskset = await which("taskset", { nothrow: true });
  return taskset === null ? [] : [taskset, "-c", String(availableParallelism() - 1)];
}

const DURATIONS = "durations.json";

/** Durations of earlier publications, in seconds by step, by scale and number of lanes. */
type Durations = Record<string, Record<string, number>>;

const durationKey = ({ scale, lanes }: Pick<PublishPlan, "scale" | "lanes">) =>
  `${scale}, ${lanes} at a time`;

/** Returns the durations of an earlier publication into this folder; empty if there was none. */
export async function readDurations(
  out: string,
  plan: Pick<PublishPlan, "scale" | "lanes">,
): Promise<ReadonlyMap<string, number>> {
  return new Map(Object.entries((await readAll(out))[durationKey(plan)] ?? {}));
}

/** Keeps the durations of the steps that completed, for the next estimate. */
export async function writeDurations(
  out: string,
  plan: Pick<PublishPlan, "scale" | "lanes">,
  finished: ReadonlyMap<string, FinishedStep>,
): Promise<void> {
  const all = await readAll(out);
  const key = durationKey(plan);
  const seconds = [...finished]
    .filter(([, { result }]) => result !== "failed")
    .map(([name, step]) => [name, Math.round(step.seconds)] as const);
  all[key] = { ...all[key], ...Object.fromEntries(seconds) };
  await writeWhole(join(out, DURATIONS), `${JSON.stringify(all, null, 2)}\n`);
}

async function readAll(out: string): Promise<Durations> {
  const path = join(out, DURATIONS);
  return existsSync(path) ? JSON.parse(await readFile(path, "utf8")) : {};
}
