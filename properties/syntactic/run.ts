/** A run over many mutants: continued after a kill, with the tests checked at its end. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { appendFile, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { transform } from "esbuild";
import { startProgress } from "../../src/io/progress.ts";
import { inParallel } from "../mutants/pool.ts";
import { type Attempt, attempt, Controls, Detections } from "./attempt.ts";
import { type Mutation, patched, root, type SyntacticMutant } from "./mutants.ts";
import { Worker } from "./pool.ts";
import { digestOfSources, digestOfTest, record } from "./record.ts";

export interface RunOptions {
  readonly seed: number;
  readonly jobs: number;
  /** Test files. */
  readonly tests: readonly string[];
  /** Folder of the recordings and of the results of an unfinished run. */
  readonly work: string;
}

export interface RunResult {
  /** In the order of the mutants. */
  readonly attempts: readonly Attempt[];
  /** Test files and tests that fail on the unchanged source, and detect nothing. */
  readonly failing: readonly string[];
  /** Tests that detected a mutant, and did not pass on the unchanged source at the end. */
  readonly unreliable: readonly string[];
}

/**
 * Tries mutants. One that an earlier run of the same sources and seed has detected stays detected:
 * its test runs once more at the end. If tests have changed since, the others are tried again.
 */
export async function tryMutants(
  mutation: Mutation,
  chosen: readonly SyntacticMutant[],
  options: RunOptions,
): Promise<RunResult> {
  await checkSyntax(chosen);
  const { jobs, tests, work } = options;
  await mkdir(work, { recursive: true });
  const recorded = await record(mutation, tests, options);
  const results = join(work, `results-${digestOfSources(options.seed)}.jsonl`);
  const suite = digestOfTests(tests);
  const known = new Map(
    readAttempts(results)
      .filter((one) => isDetected(one) || one.suite === suite)
      .map((one) => [one.id, one]),
  );
  const history = { detections: new Detections(), controls: new Controls() };
  for (const { id, file } of mutation.mutants) {
    const test = known.get(id)?.file ?? null;
    if (test !== null) history.detections.add(file, test);
  }
  const waiting = chosen.filter(({ id }) => !known.has(id));
  const free = Array.from({ length: jobs }, (_, i) => workerOf(options, `change-${i}.json`));
  const all = [...free];
  const progress = startProgress("", waiting.length);
  try {
    const tried = await inParallel(waiting, jobs, async (mutant) => {
      const worker = free.pop()!;
      progress.label(`${mutant.file}:${mutant.line}`);
      const result = await attempt(mutant, recorded, history, worker);
      if (result.file !== null) history.detections.add(mutant.file, result.file);
      free.push(worker);
      await appendFile(results, `${JSON.stringify({ ...result, suite })}\n`);
      progress.step();
      return result;
    });
    for (const one of tried) known.set(one.id, { ...one, suite });
  } finally {
    progress.stop();
    await Promise.all(all.map((worker) => worker.end()));
  }
  const attempts = chosen.map(({ id }) => known.get(id)!);
  return {
    attempts,
    failing: recorded.flatMap(({ file, failing }) => failing.map((name) => `${file}: ${name}`)),
    unreliable: await unreliableTests(attempts, options),
  };
}

/** Removes the recordings and results of earlier runs. */
export async function discard(work: string): Promise<void> {
  await rm(work, { recursive: true, force: true });
}

/** @throws {Error} if a mutant is no program */
async function checkSyntax(mutants: readonly SyntacticMutant[]): Promise<void> {
  for (const mutant of mutants) {
    const text = patched(mutant, readFileSync(join(root, mutant.file), "utf8"));
    try {
      await transform(text, { loader: "ts" });
    } catch (error) {
      const { file, line, replacement } = mutant;
      const must = `${file}:${line}: must be a program with ${replacement}`;
      throw new Error(`syntactic: ${must}, got ${error}`, { cause: error });
    }
  }
}

const isDetected = ({ status }: Attempt) => status === "killed" || status === "timeout";

function digestOfTests(tests: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of tests) hash.update(file).update(digestOfTest(file));
  return hash.digest("hex").slice(0, 16);
}

/** An attempt with the digest of the test files of its run. */
interface KeptAttempt extends Attempt {
  readonly suite: string;
}

/** Returns the results of a file; a last line that was cut off by a kill is left out. */
function readAttempts(path: string): KeptAttempt[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.slice(0, -1).map((line) => JSON.parse(line));
}

/**
 * Runs every test that has detected a mutant once more, on the unchanged source: a test that fails
 * by chance would detect what it does not.
 */
async function unreliableTests(
  attempts: readonly Attempt[],
  options: RunOptions,
): Promise<string[]> {
  const detecting = attempts.filter(({ status, test }) => status === "killed" && test !== null);
  const byFile = Map.groupBy(detecting, ({ file }) => file!);
  const worker = workerOf(options, "change-control.json");
  const found: string[] = [];
  const progress = startProgress("control", byFile.size);
  try {
    for (const [file, group] of byFile) {
      progress.label(`control ${file}`);
      const names = [...new Set(group.map(({ test }) => test!))];
      const result = await worker.run({ change: { kind: "none" }, file, names }, 1_800_000);
      if (result.kind !== "ran" || result.error !== null) found.push(file);
      else {
        const passed = result.tests.filter((one) => one.passed).map(({ name }) => name);
        const failed = names.filter((name) => !passed.includes(name));
        found.push(...failed.map((name) => `${file}: ${name}`));
      }
      progress.step();
    }
  } finally {
    progress.stop();
    await worker.end();
  }
  return found;
}

function workerOf({ seed, work }: RunOptions, name: string): Worker {
  return new Worker({ changeFile: join(work, name), seed, isRecording: false });
}
