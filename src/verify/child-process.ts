/** A child process that runs an engine with the laws, within limits of time and memory. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import type { Duplex } from "node:stream";
import { channel } from "./child-channel.ts";
import { type Message, messageOf } from "./child-messages.ts";

/** The program to start, and its limits. */
export interface ChildProgram {
  /** The module that runs in the child, and reads the setup. */
  readonly entry: string;
  /** The options that select the subject. */
  readonly subject: unknown;
  readonly caseTimeoutMs: number;
  readonly memoryBytes: number;
}

/** The end of a child: its work is done, the engine was refused, or it failed. */
export type ChildEnd =
  | { readonly kind: "done" }
  | { readonly kind: "refused"; readonly message: string }
  | { readonly kind: "failed"; readonly message: string; readonly isHang: boolean };

/** Time after a case timeout, in which the child can report it itself. */
const graceMs = 5000;

/** Time to load an engine, if no more is allowed for a case. */
const loadMs = 120_000;

/** Time for a child to end by itself. */
const endMs = 1000;

const tickMs = 100;

/** A longer line is no message. */
const mostBytes = 64 * 2 ** 20;

/**
 * Runs a child to its end.
 *
 * @param task what it must do, for its entry
 * @param onMessage called with each valid message of its work
 */
export function runChild(
  program: ChildProgram,
  task: unknown,
  onMessage: (message: Message) => void,
): Promise<ChildEnd> {
  return new Child(program, task, onMessage).ended;
}

class Child {
  readonly ended: Promise<ChildEnd>;
  readonly #program: ChildProgram;
  readonly #child: ChildProcess;
  readonly #onMessage: (message: Message) => void;
  readonly #token = randomUUID();
  #end: ChildEnd | null = null;
  #isLoaded = false;
  /** Ticks without a message: a clock would count the time in which this process was stopped. */
  #silentTicks = 0;
  #rest = "";

  constructor(program: ChildProgram, task: unknown, onMessage: (message: Message) => void) {
    this.#program = program;
    this.#onMessage = onMessage;
    const heap = `--max-old-space-size=${Math.ceil(program.memoryBytes / 2 ** 20)}`;
    this.#child = spawn(process.execPath, [...process.execArgv, heap, program.entry], {
      // The standard output of the engine must not mix with the result.
      stdio: ["ignore", 2, 2, "pipe", "pipe"],
    });
    const messages = this.#pipe(channel.messages);
    messages.setEncoding("utf8").on("data", (text: string) => this.#receive(text));
    const { subject, caseTimeoutMs, memoryBytes } = program;
    const setup = { token: this.#token, subject, caseTimeoutMs, memoryBytes, task };
    this.#pipe(channel.setup).write(`${JSON.stringify(setup)}\n`);
    const tick = setInterval(() => this.#tick(), tickMs);
    this.ended = this.#exit(messages).finally(() => clearInterval(tick));
  }

  #pipe(descriptor: number): Duplex {
    // Node opens a socket for each "pipe"; it fails when the child has ended, which is noticed.
    const pipe = this.#child.stdio[descriptor] as Duplex;
    return pipe.on("error", () => {});
  }

  /** Waits until the child has ended and its last message was read. */
  async #exit(messages: Duplex): Promise<ChildEnd> {
    const closed = new Promise((resolve) => messages.once("close", resolve));
    const what = await new Promise<string>((resolve) => {
      this.#child.once("error", ({ message }) => resolve(message));
      this.#child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
    // A process that the engine started may hold the pipe open.
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, endMs).unref())]);
    messages.destroy();
    const must = "the process of the engine must not end before the result";
    return this.#end ?? { kind: "failed", message: `${must}, got ${what}`, isHang: false };
  }

  #receive(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    if (this.#rest.length > mostBytes) this.#rest = "";
    for (const line of lines) {
      if (!line.startsWith(this.#token)) continue;
      const message = messageOf(line.slice(this.#token.length));
      if (message !== null) this.#handle(message);
    }
  }

  #handle(message: Message): void {
    this.#silentTicks = 0;
    if (this.#end !== null) return;
    if (message.type === "subject") this.#isLoaded = true;
    if (message.type === "done") this.#finish({ kind: "done" });
    else if (message.type === "refused")
      this.#finish({ kind: "refused", message: message.message });
    else if (message.type === "fault") this.#fail(message.message);
    else if (message.type === "memory") this.#fail(this.#memoryText(message.bytes));
    else this.#onMessage(message);
  }

  #tick(): void {
    this.#silentTicks++;
    const { caseTimeoutMs } = this.#program;
    const limit = this.#isLoaded ? caseTimeoutMs : Math.max(loadMs, caseTimeoutMs);
    const isSilent = this.#silentTicks * tickMs >= limit + Math.min(graceMs, limit);
    if (this.#end !== null || !isSilent) return;
    const within = `within ${limit / 1000} s`;
    const must = this.#isLoaded ? `answer ${within} of a case` : `load ${within}`;
    const got = "got no answer, and its process was ended; raise --case-timeout";
    this.#fail(`the engine must ${must}, ${got}`, true);
  }

  #memoryText(bytes: number): string {
    const { memoryBytes } = this.#program;
    const [limit, used] = [memoryBytes, bytes].map((size) => `${(size / 2 ** 30).toFixed(1)} GB`);
    return `the process of the engine must use at most ${limit} of memory, got ${used}; raise --memory`;
  }

  #fail(message: string, isHang = false): void {
    this.#finish({ kind: "failed", message, isHang });
  }

  /** Ends the child: softly, so that it can end what it started, then at once. */
  #finish(end: ChildEnd): void {
    this.#end = end;
    if (end.kind === "failed") this.#child.kill("SIGTERM");
    setTimeout(() => this.#child.kill("SIGKILL"), endMs).unref();
  }
}
