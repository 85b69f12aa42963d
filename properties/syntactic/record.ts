/** The recording run: which tests reach which mutants, for every test file once. */
import { createHash } from "node:crypto";
import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole } from "../../src/io/files.ts";
import { startProgress } from "../../src/io/progress.ts";
import type { Change } from "./change.ts";
import { type Mutation, root } from "./mutants.ts";
import { Worker } from "./pool.ts";

/** A test that passes on the unchanged source. */
export interface RecordedTest {
  readonly name: string;
  readonly ms: number;
  /** Indices of the mutants that it reaches, also in processes that it starts. */
  readonly indices: readonly number[];
}

/** A test file. */
export interface Recorded {
  readonly file: string;
  readonly tests: readonly RecordedTest[];
  /** Names of the tests that fail; they detect nothing. */
  readonly failing: readonly string[];
  /** Indices of the mutants that are reached outside of tests, such as while it is loaded. */
  readonly outside: readonly number[];
}

/** Test files that are not run: they plant bugs themselves, or test other programs. */
const unused = [
  "properties/mutants.test.ts",
  "properties/thresholds.test.ts",
  "properties/contributing.test.ts",
  "properties/testing/runners.test.ts",
];

/** Time for one test file. */
const limitMs = 1_800_000;

/**
 * Returns the test files, without those that are not run.
 *
 * @param only if given, those with one of these in their path
 */
export function testFiles(only?: readonly string[]): string[] {
  const all = globSync("properties/**/*.test.ts", { cwd: root }).sort();
  return all
    .filter((file) => !file.startsWith("properties/package/") && !unused.includes(file))
    .filter((file) => only?.some((part) => file.includes(part)) ?? true);
}

/** Returns a hash of everything that a run depends on, but the test files. */
export function digestOfSources(seed: number): string {
  const files = globSync(["src/**/*", "properties/**/*", "golden/**/*", "examples/**/*"], {
    cwd: root,
    withFileTypes: true,
  })
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".test.ts"))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.startsWith(join(root, "properties/syntactic")))
    .sort();
  const hash = createHash("sha256").update(`${seed}\n`);
  for (const path of files) hash.update(path.slice(root.length)).update(readFileSync(path));
  return hash.digest("hex").slice(0, 16);
}

/** Returns a hash of a test file. */
export function digestOfTest(file: string): string {
  const text = readFileSync(join(root, file));
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/**
 * Runs every test file once, and records what it reaches. A file that was recorded before is not
 * run again unless it or a source has changed.
 *
 * @param files the test files
 * @param options seed of the tests, and folder of the recordings
 */
export async function record(
  mutation: Mutation,
  files: readonly string[],
  { seed, work }: { readonly seed: number; readonly work: string },
): Promise<Recorded[]> {
  const folder = join(work, `recorded-${digestOfSources(seed)}`);
  const text = join(folder, "text");
  const reached = join(folder, "reached");
  await mkdir(text, { recursive: true });
  const entries = Object.entries(mutation.recording);
  await Promise.all(entries.map(([, content], i) => writeFile(join(text, `${i}.ts`), content)));
  const names = Object.fromEntries(entries.map(([file], i) => [file, `${i}.ts`]));
  const count = mutation.indices;
  const change: Change = { kind: "record", count, names, text, folder: reached };
  const progress = startProgress("recording", files.length);
  const worker = new Worker({ changeFile: join(folder, "change.json"), seed, isRecording: true });
  const recorded: Recorded[] = [];
  try {
    for (const file of files) {
      const kept = join(folder, `${digestOfTest(file)}.json`);
      progress.label(`recording ${file}`);
      if (!existsSync(kept)) {
        await rm(reached, { recursive: true, force: true });
        await mkdir(reached);
        const found = await recordFile(worker, change, file, reached);
        await writeWhole(kept, JSON.stringify(found));
      }
      recorded.push(JSON.parse(readFileSync(kept, "utf8")));
      progress.step();
    }
  } finally {
    await worker.end();
    progress.stop();
  }
  return recorded;
}

interface Reached {
  /** True if tests ran side by side: each could have reached any of the mutants. */
  readonly isConcurrent: boolean;
  readonly outside: readonly number[];
  readonly tests: readonly {
    readonly name: string;
    readonly number: number;
    readonly indices: readonly number[];
  }[];
}

async function recordFile(
  worker: Worker,
  change: Change,
  file: string,
  folder: string,
): Promise<Recorded> {
  const ended = await worker.run({ change, file, names: null }, limitMs);
  const path = join(folder, "tests.json");
  const error = ended.kind === "ran" ? ended.error : ended.kind;
  if (ended.kind !== "ran" || error !== null || !existsSync(path)) {
    return { file, tests: [], failing: [`the file: ${error ?? "no tests"}`], outside: [] };
  }
  const reached: Reached = JSON.parse(readFileSync(path, "utf8"));
  const inProcesses = processIndices(folder);
  const tests = ended.tests.map(({ name, ms, passed }) => {
    const test = reached.tests.find((one) => one.name === name);
    const others = inProcesses.get(String(test?.number)) ?? [];
    return { name, ms, passed, indices: [...new Set([...(test?.indices ?? []), ...others])] };
  });
  const outside = [reached.outside, inProcesses.get("outside") ?? []];
  if (reached.isConcurrent) {
    outside.push(...reached.tests.map(({ indices }) => indices), ...inProcesses.values());
  }
  return {
    file,
    tests: tests
      .filter(({ passed }) => passed)
      .map(({ name, ms, indices }) => ({ name, ms, indices })),
    failing: tests.filter(({ passed }) => !passed).map(({ name }) => name),
    outside: [...new Set(outside.flat())],
  };
}

/** Returns what the processes of tests have reached, by the number of the test. */
function processIndices(folder: string): Map<string, number[]> {
  const byTest = new Map<string, number[]>();
  for (const name of readdirSync(folder)) {
    const test = /^(outside|\d+)-/.exec(name)?.[1];
    if (test === undefined) continue;
    const indices: number[] = JSON.parse(readFileSync(join(folder, name), "utf8"));
    byTest.set(test, [...(byTest.get(test) ?? []), ...indices]);
  }
  return byTest;
}
