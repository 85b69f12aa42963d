import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";

const main = join(import.meta.dirname, "../src/cli/main.ts");

/** Node keeps what it made of the sources here: a process starts in half the time. */
const NODE_COMPILE_CACHE = join(import.meta.dirname, "../node_modules/.cache/node");

/** How a command ended, and what it wrote. */
export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs `causalgate` in a process of its own, as a shell would.
 *
 * @param onOutput called with the process when the first text came on its standard output
 * @param kill ends the process at once, in the middle of whatever it does
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
