/** Parents of workers: each runs test files in one process, which is ended if it hangs. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Task, TaskResult } from "./worker.ts";

const program = join(import.meta.dirname, "worker.ts");

/** Time for a worker to start. */
const startMs = 120_000;

/** The result of a task, or the reason why there is none. */
export type Ended =
  | ({ readonly kind: "ran" } & TaskResult)
  | { readonly kind: "timeout" }
  | { readonly kind: "crash"; readonly error: string };

export interface WorkerOptions {
  /** File that holds the current change. */
  readonly changeFile: string;
  readonly seed: number;
  readonly isRecording: boolean;
}

/** A worker that is started when it is needed, and again after it was ended. */
export class Worker {
  readonly #options: WorkerOptions;
  #child: ChildProcess | null = null;

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  /** Runs the tests of a file, for so many milliseconds at most. */
  async run(task: Task, limitMs: number): Promise<Ended> {
    this.#child ??= await this.#start();
    const child = this.#child;
    const answer = waitFor<TaskResult>(child, limitMs);
    child.send(task);
    const ended = await answer;
    if (ended.kind === "message") return { kind: "ran", ...ended.value };
    await this.end();
    return ended;
  }

  /** Ends the process at once, and those that its tests have started. */
  async end(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, "exit");
    // The whole process group: a hanging test can have started processes.
    process.kill(-child.pid!, "SIGKILL");
    await exit;
  }

  async #start(): Promise<ChildProcess> {
    const { changeFile, seed, isRecording } = this.#options;
    const child = fork(program, [changeFile, isRecording ? "record" : "try"], {
      detached: true,
      // The output of tests is not part of the result.
      stdio: ["ignore", "ignore", "ignore", "ipc"],
      env: { ...process.env, CAUSALGATE_SEED: String(seed), NODE_NO_WARNINGS: "1" },
    });
    const started = await waitFor(child, startMs);
    if (started.kind === "message") return child;
    throw new Error(`syntactic: a worker must start, got ${started.kind}; see ${program}`);
  }
}

type Answer<Value> =
  | { readonly kind: "message"; readonly value: Value }
  | { readonly kind: "timeout" }
  | { readonly kind: "crash"; readonly error: string };

function waitFor<Value>(child: ChildProcess, limitMs: number): Promise<Answer<Value>> {
  return new Promise((resolve) => {
    const finish = (answer: Answer<Value>) => {
      clearTimeout(timer);
      child.off("message", onMessage).off("exit", onExit);
      resolve(answer);
    };
    const onMessage = (value: unknown) => finish({ kind: "message", value: value as Value });
    const onExit = (code: number | null, signal: string | null) =>
      finish({ kind: "crash", error: signal ?? `exit code ${code}` });
    const timer = setTimeout(() => finish({ kind: "timeout" }), limitMs);
    child.on("message", onMessage).on("exit", onExit);
  });
}
