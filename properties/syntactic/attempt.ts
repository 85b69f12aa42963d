/** Attempts: the tests that reach a mutant run on it, until one fails. */
import type { SyntacticMutant } from "./mutants.ts";
import type { Worker } from "./pool.ts";
import type { Recorded } from "./record.ts";

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
const mostMs = 300_000;

/** Time of a step beyond a multiple of that on the unchanged source: the file is loaded, too. */
const loadMs = 30_000;
const slowdown = 4;

/** Returns the tests that reach a mutant, the fastest files first. */
export function stepsFor(index: number, recorded: readonly Recorded[]): Step[] {
  const steps = recorded.flatMap(({ file, tests, outside }) => {
    // Code that runs while the file is loaded can change every test of it.
    const isOutside = outside.includes(index);
    const reaching = tests.filter(({ indices }) => isOutside || indices.includes(index));
    if (reaching.length === 0) return [];
    const names = reaching.map(({ name }) => name);
    return [{ file, names, ms: reaching.reduce((sum, { ms }) => sum + ms, 0), isOutside }];
  });
  const byTime = steps.sort(
    (a, b) =>
      Number(a.isOutside) - Number(b.isOutside) || a.ms - b.ms || (a.file < b.file ? -1 : 1),
  );
  let total = 0;
  return byTime.filter(({ ms }, i) => {
    total += ms;
    return i === 0 || total <= mostMs;
  });
}

/** Tries a mutant. */
export async function attempt(
  mutant: SyntacticMutant,
  recorded: readonly Recorded[],
  worker: Worker,
): Promise<Attempt> {
  const start = performance.now();
  const steps = stepsFor(mutant.index, recorded);
  const end = (status: Attempt["status"], more: Partial<Attempt> = {}): Attempt => ({
    ...{ id: mutant.id, status, file: null, test: null, error: null },
    seconds: (performance.now() - start) / 1000,
    ...more,
  });
  if (steps.length === 0) return end("uncovered");
  const { file, start: from, end: to, replacement } = mutant;
  const change = { kind: "patch", patch: { file, start: from, end: to, replacement } } as const;
  for (const step of steps) {
    const task = { change, file: step.file, names: step.names };
    const result = await worker.run(task, loadMs + slowdown * step.ms);
    if (result.kind === "timeout") return end("timeout", { file: step.file });
    if (result.kind === "crash") {
      return end("killed", { file: step.file, error: `the process ended: ${result.error}` });
    }
    const failed = result.tests.find(({ passed }) => !passed);
    if (failed !== undefined) {
      return end("killed", { file: step.file, test: failed.name, error: failed.error });
    }
    if (result.error !== null) return end("killed", { file: step.file, error: result.error });
  }
  return end("survived");
}
