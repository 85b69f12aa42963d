import { existsSync } from "node:fs";
import { mkdir, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { $ } from "zx";
import type { FinishedStep } from "./state.ts";
import type { PublishStep, StepOptions } from "./step.ts";

/** Exit codes of a program that has written its tables: kept, something found, unproven. */
const completed: ReadonlySet<number> = new Set([0, 1, 3]);

/**
 * Runs the command of a step in the step's folder, with its output in `log.txt`.
 *
 * @param prefix program in front of Node, such as that which keeps it on one core
 */
export async function runStep(
  step: PublishStep,
  options: StepOptions,
  folder: string,
  prefix: readonly string[] = [],
): Promise<FinishedStep> {
  const isBegun = existsSync(folder);
  if (isBegun && step.resume === null) await rm(folder, { recursive: true });
  await mkdir(folder, { recursive: true });
  const resume = isBegun ? (step.resume ?? []) : [];
  const words = [...prefix, process.execPath, ...step.command(options), ...resume];
  const start = performance.now();
  const code = await run([...words, "--report", folder], join(folder, "log.txt"));
  const seconds = (performance.now() - start) / 1000;
  // A program that fails writes no record; one that finds something does.
  const isComplete = completed.has(code) && existsSync(join(folder, "run.json"));
  return { result: !isComplete ? "failed" : code === 0 ? "kept" : "found", seconds };
}

/** Returns the last line that a step has printed. */
export async function lastLine(folder: string): Promise<string> {
  const text = await readFile(join(folder, "log.txt"), "utf8");
  return text.trim().split("\n").at(-1) ?? "";
}

/** Runs a program with its output in a file; returns its exit code. */
async function run(words: readonly string[], log: string): Promise<number> {
  await using file = await open(log, "a");
  // Not detached, so that Ctrl-C ends it too.
  const shell = $({ nothrow: true, detached: false, stdio: ["ignore", file.fd, file.fd] });
  const { exitCode } = await shell`${words}`;
  return exitCode ?? 2;
}
