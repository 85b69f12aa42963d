import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";

const main = join(import.meta.dirname, "../src/cli/main.ts");

/** Node's compile cache, which halves the start of a process. */
const NODE_COMPILE_CACHE = join(import.meta.dirname, "../node_modules/.cache/node");

/** The exit code and the output of a command. */
export interface Ended {
  /** Null if a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs `causalgate` in a child process, like a shell.
 *
 * @param onOutput called with the process at the first text on its standard output
 * @param kill ends the process at once
 */
export function causalgate(
  parameters: readonly string[],
  onOutput: (child: ChildProcess) => void = () => {},
  kill?: AbortSignal,
): Promise<Ended> {
  const child = spawn(process.execPath, [main, ...parameters], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NODE_COMPILE_CACHE },
  });
  kill?.addEventListener("abort", () => child.kill("SIGKILL"));
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").once("data", () => onOutput(child));
  child.stdout.on("data", (text) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}
