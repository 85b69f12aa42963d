/** Workers: processes that try the laws on one mutant each, several at a time. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Option } from "commander";
import { integer } from "../../src/cli/options.ts";
import type { Detection } from "./large-trial.ts";
import type { Trial } from "./trial.ts";
import type { Message } from "./worker.ts";

const worker = join(import.meta.dirname, "worker.ts");

/** Cache of compiled sources: with it a process starts in half the time. */
const NODE_COMPILE_CACHE = join(import.meta.dirname, "../../node_modules/.cache/node");

/** A law without a verdict after this time hangs: the mutant has made a loop endless. */
const patienceMs = 120_000;

/** The results of one worker. */
export interface WorkerResult {
  readonly trials: readonly Trial[];
  /** True if the mutant's own text ran; null without `--watch`. */
  readonly ran: boolean | null;
  /** The first detection with large cases; null if there is none, and without `--large`. */
  readonly detection: Detection | null;
}

/**
 * Runs a worker to its end.
 *
 * @param parameters options of worker.ts
 * @throws {Error} with the worker's message, if the mutant or the worker is at fault
 */
export async function runWorker(parameters: readonly string[]): Promise<WorkerResult> {
  const child = spawn(process.execPath, [worker, ...parameters], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, NODE_COMPILE_CACHE, NODE_NO_WARNINGS: "1" },
  });
  const trials: Trial[] = [];
  let ran: boolean | null = null;
  let detection: Detection | null = null;
  let law: string | null = null;
  let error: string | null = null;
  let timer: NodeJS.Timeout | undefined;
  // Not `for await`: its iterator missed the end of a worker once in some hundred, and waited on.
  createInterface({ input: child.stdout }).on("line", (line) => {
    const message: Message = JSON.parse(line);
    if ("starts" in message) {
      law = message.starts;
      clearTimeout(timer);
      timer = setTimeout(() => child.kill("SIGKILL"), patienceMs);
    }
    if ("trial" in message) {
      trials.push(message.trial);
      law = null;
    }
    if ("ran" in message) ran = message.ran;
    if ("detection" in message) {
      detection = message.detection;
      law = null;
    }
    if ("error" in message) error = message.error;
  });
  await once(child, "close");
  clearTimeout(timer);
  if (error !== null) throw new Error(`worker ${parameters.join(" ")}: ${error}`);
  if (child.signalCode !== null && law !== null) trials.push(hanging(law));
  else if (child.exitCode !== 0) throw new Error(`worker ${parameters.join(" ")} ended early`);
  return { trials, ran, detection };
}

function hanging(law: string): Trial {
  const broken = `no verdict in ${patienceMs / 1000} s`;
  return { law, cases: Number.POSITIVE_INFINITY, reached: 0, ms: patienceMs, broken };
}

/** `--jobs N`: number of processes at a time. */
export function jobsOption(): Option {
  return new Option("--jobs <N>", "processes at a time").argParser(integer(1, 256)).default(2);
}

/** Runs `run` on all items, `jobs` at a time; returns the results in the order of the items. */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  jobs: number,
  run: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const i = next++;
      results[i] = await run(items[i]);
    }
  };
  await Promise.all(Array.from({ length: jobs }, lane));
  return results;
}
