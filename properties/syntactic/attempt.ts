/** Attempts: the tests that reach a mutant run on it, until one fails. */
import type { SyntacticMutant } from "./mutants.ts";
import type { Ended, Worker } from "./pool.ts";
import type { Recorded } from "./record.ts";
import type { Task } from "./worker.ts";

/** The result for one mutant. */
export interface Attempt {
  readonly id: string;
  readonly status: "killed" | "timeout" | "survived" | "uncovered";
  /** The test file, and the test that failed. */
  readonly file: string | null;
  readonly test: string | null;
  readonly error: string | null;
  readonly seconds: number;
}

/** Tests of one file. */
export interface Step {
  readonly file: string;
  readonly names: readonly string[];
  /** Their time on the unchanged source. */
  readonly ms: number;
}

/** Time of tests on the unchanged source that a mutant is tried for at most. */
const mostMs = 120_000;

/** A test that takes longer is a step alone. */
const slowMs = 2000;

/** Tests that take longer are not tried earlier because they have detected other mutants. */
const quickMs = 10_000;

/** Time of a step beyond a multiple of that on the unchanged source: the file is loaded, too. */
const loadMs = 30_000;
const slowdown = 4;

/** Time for tests on the unchanged source. */
const controlMs = 1_800_000;

/** The multiple after a first timeout, of the time of the unchanged source at that moment. */
const slowdownAgain = 10;

/** Numbers of detections so far, by source file and test file. */
export class Detections {
  readonly #counts = new Map<string, number>();

  add(source: string, test: string): void {
    for (const key of [`${source} ${test}`, test]) {
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    }
  }

  of(source: string, test: string): number {
    return this.#counts.get(`${source} ${test}`) ?? 0;
  }

  ofAll(test: string): number {
    return this.#counts.get(test) ?? 0;
  }
}

/** Tests that run alone on the unchanged source, each once. */
export class Controls {
  readonly #passed = new Map<string, boolean>();

  /** Returns false for a test that needs another one before it: its failure detects nothing. */
  async passes(file: string, name: string, worker: Worker): Promise<boolean> {
    const key = `${file} ${name}`;
    const known = this.#passed.get(key);
    if (known !== undefined) return known;
    const task = { change: { kind: "none" }, file, names: [name] } as const;
    const result = await worker.run(task, controlMs);
    const isRun = result.kind === "ran" && result.error === null && result.tests.length > 0;
    const passed = isRun && result.tests.every((test) => test.passed);
    this.#passed.set(key, passed);
    return passed;
  }
}

/** Results of earlier attempts. */
export interface History {
  readonly detections: Detections;
  readonly controls: Controls;
}

/**
 * Returns the tests that reach a mutant: first of the files that have detected others of its source
 * file, then the fastest; last those that reach it while they are loaded, in the order of their
 * detections.
 */
export function stepsFor(
  { index, file: source }: Pick<SyntacticMutant, "index" | "file">,
  recorded: readonly Recorded[],
  detections: Detections,
): Step[] {
  const steps = recorded.flatMap(({ file, tests, outside }) => {
    // Code that runs while the file is loaded can change every test of it.
    const isOutside = outside.includes(index);
    const reaching = tests.filter(({ indices }) => isOutside || indices.includes(index));
    // One slow test must not keep the others of its file waiting.
    const slow = reaching.filter(({ ms }) => ms > slowMs);
    const groups = [reaching.filter(({ ms }) => ms <= slowMs), ...slow.map((test) => [test])];
    return groups
      .filter((group) => group.length > 0)
      .map((group) => {
        const ms = group.reduce((sum, test) => sum + test.ms, 0);
        const before = ms > quickMs ? 0 : detections.of(source, file);
        const others = isOutside ? detections.ofAll(file) : 0;
        return { file, names: group.map(({ name }) => name), ms, before, others, isOutside };
      });
  });
  const inOrder = steps.sort(
    (a, b) =>
      b.before - a.before ||
      Number(a.isOutside) - Number(b.isOutside) ||
      b.others - a.others ||
      a.ms - b.ms ||
      (a.file < b.file ? -1 : 1),
  );
  let total = 0;
  return inOrder.filter(({ ms }, i) => {
    if (i > 0 && total + ms > mostMs) return false;
    total += ms;
    return true;
  });
}

/** Tries a mutant. */
export async function attempt(
  mutant: SyntacticMutant,
  recorded: readonly Recorded[],
  { detections, controls }: History,
  worker: Worker,
): Promise<Attempt> {
  const start = performance.now();
  const steps = stepsFor(mutant, recorded, detections);
  const end = (status: Attempt["status"], more: Partial<Attempt> = {}): Attempt => ({
    ...{ id: mutant.id, status, file: null, test: null, error: null },
    seconds: (performance.now() - start) / 1000,
    ...more,
  });
  if (steps.length === 0) return end("uncovered");
  const { file, start: from, end: to, replacement } = mutant;
  const change = { kind: "patch", patch: { file, start: from, end: to, replacement } } as const;
  for (const step of steps) {
    const result = await runStep(worker, { change, file: step.file, names: step.names }, step.ms);
    if (result.kind === "timeout") return end("timeout", { file: step.file });
    if (result.kind === "crash") {
      return end("killed", { file: step.file, error: `the process ended: ${result.error}` });
    }
    const failed = result.tests.find(({ passed }) => !passed);
    if (failed !== undefined) {
      if (!(await controls.passes(step.file, failed.name, worker))) continue;
      return end("killed", { file: step.file, test: failed.name, error: failed.error });
    }
    if (result.error !== null) return end("killed", { file: step.file, error: result.error });
  }
  return end("survived");
}

/**
 * Runs tests on a mutant. If they do not end, the unchanged source is timed at that moment, as the
 * machine can be busy with other work, and the mutant gets ten times as long.
 */
async function runStep(worker: Worker, task: Task, ms: number): Promise<Ended> {
  const first = await worker.run(task, loadMs + slowdown * ms);
  if (first.kind !== "timeout") return first;
  const start = performance.now();
  await worker.run({ ...task, change: { kind: "none" } }, controlMs);
  return worker.run(task, loadMs + slowdownAgain * (performance.now() - start));
}
