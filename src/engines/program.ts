/** A program in a child process that answers one request at a time, or is ended. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { isObject, type JsonObject } from "../io/json.ts";

/** Largest size of a header. */
const MAX_HEADER_BYTES = 64 * 1024;

/** Number of characters of its standard error that are kept, from the end. */
const MAX_STDERR = 2000;

/** Time that a program has to end after its standard input was closed. */
const GRACE_MS = 1000;

const NEWLINE = 10;

/** The header of an answer, and the bytes that follow it. */
export interface Answer {
  readonly header: JsonObject;
  readonly body: Uint8Array;
}

/**
 * @returns the number of bytes that follow a header
 * @throws {RangeError} if the header is not a valid answer to the request
 */
export type HeaderCheck = (header: JsonObject) => number;

interface Pending {
  readonly action: string;
  readonly check: HeaderCheck;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
  parts: Uint8Array[];
  /** Bytes in `parts`. */
  size: number;
  header: JsonObject | null;
  /** Number of bytes after the header, once it has been read. */
  needed: number;
}

const running = new Set<Program>();
process.on("exit", () => {
  for (const program of running) program.kill();
});

/**
 * A running program. It may write only the answer to a request, so at most one answer is held in
 * memory. Any violation ends the program and every process that it started (on Windows only the
 * program); every later request then fails at once.
 */
export class Program implements AsyncDisposable {
  readonly #name: string;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #closed: Promise<void>;
  #pending: Pending | null = null;
  #failure: Error | null = null;
  #stderr = "";
  #last: Promise<unknown> = Promise.resolve();

  /** @param command the program and its arguments, run without a shell */
  constructor(name: string, [file, ...parameters]: readonly string[]) {
    this.#name = name;
    // In a new process group, so that its children can be ended with it.
    const child = spawn(file, parameters, { detached: true, stdio: "pipe" });
    this.#child = child;
    if (child.pid !== undefined) running.add(this);
    this.#closed = new Promise((resolve) => {
      child.once("close", (code, signal) => {
        running.delete(this);
        this.#fail(`must run until its standard input ends, got ${signal ?? `exit code ${code}`}`);
        resolve();
      });
    });
    child.once("error", (error) => this.#fail(`must start, got ${error.message}`));
    // Its children may outlive it and keep its output open, even those that left its group.
    child.once("exit", () => {
      this.kill();
      const late = setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
      }, GRACE_MS);
      child.once("close", () => clearTimeout(late));
    });
    child.stdin.on("error", () => {}); // it ended, which is handled above
    child.stdout.on("data", (chunk: Uint8Array) => this.#receive(chunk));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-MAX_STDERR);
    });
    // An idle program does not keep this process alive; the timer of a request does.
    child.unref();
    for (const pipe of child.stdio as (Socket | null)[]) pipe?.unref();
  }

  /**
   * Sends one line, or nothing, and waits for the answer. Requests wait for earlier ones.
   *
   * @param action the required action, for errors: `begin` or `answer REQUEST`
   * @throws {Error} `NAME: the program must …, got …`, with the end of its standard error
   */
  ask(
    action: string,
    request: JsonObject | null,
    check: HeaderCheck,
    timeLimitMs: number,
  ): Promise<Answer> {
    const turn = this.#last.then(() => this.#exchange(action, request, check, timeLimitMs));
    this.#last = turn.catch(() => {});
    return turn;
  }

  /** Ends it and all processes of its group. */
  kill(): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      this.#child.kill("SIGKILL");
    }
  }

  /** Closes its standard input, and kills it if it does not end soon. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#failure ??= new Error(`${this.#name}: the program must be running, got it stopped`);
    this.#child.stdin.end();
    const timer = setTimeout(() => this.kill(), GRACE_MS);
    if (this.#child.pid !== undefined) await this.#closed;
    clearTimeout(timer);
  }

  #exchange(
    action: string,
    request: JsonObject | null,
    check: HeaderCheck,
    timeLimitMs: number,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== null) return reject(this.#failure);
      const late = () => this.#fail(`must ${action} within ${timeLimitMs} ms, got no end`);
      const timer = setTimeout(late, timeLimitMs);
      const nothing = { parts: [], size: 0, header: null, needed: 0 };
      this.#pending = { action, check, resolve, reject, timer, ...nothing };
      if (request !== null) this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    });
  }

  #receive(chunk: Uint8Array): void {
    if (this.#failure !== null) return;
    const pending = this.#pending;
    if (pending === null) {
      this.#fail(`must write only answers to requests, got ${chunk.length} bytes`);
      return;
    }
    pending.parts.push(chunk);
    pending.size += chunk.length;
    try {
      if (pending.header === null && !readHeader(pending, chunk)) return;
    } catch (error) {
      this.#fail((error as Error).message);
      return;
    }
    const { header, needed, size } = pending;
    if (size < needed) return;
    if (size > needed) {
      this.#fail(`must ${pending.action} with ${needed} bytes, got more`);
      return;
    }
    this.#settle()!.resolve({ header: header!, body: Buffer.concat(pending.parts) });
  }

  #settle(): Pending | null {
    const pending = this.#pending;
    this.#pending = null;
    clearTimeout(pending?.timer);
    return pending;
  }

  /** Only the first failure is reported: later ones are its consequences. */
  #fail(message: string): void {
    if (this.#failure === null) {
      const stderr = this.#stderr.trim();
      const end = stderr === "" ? "" : `; standard error: ${stderr}`;
      this.#failure = new Error(`${this.#name}: the program ${message}${end}`);
    }
    this.#settle()?.reject(this.#failure);
    this.kill();
  }
}

/** Reads the header from the parts; returns false while its line has not ended. */
function readHeader(pending: Pending, chunk: Uint8Array): boolean {
  const { action } = pending;
  const end = chunk.indexOf(NEWLINE);
  const length = end < 0 ? pending.size : pending.size - chunk.length + end;
  if (length > MAX_HEADER_BYTES) {
    throw new RangeError(
      `must ${action} with a line of at most ${MAX_HEADER_BYTES} bytes, got more`,
    );
  }
  if (end < 0) return false;
  const bytes = Buffer.concat(pending.parts);
  const line = bytes.toString("utf8", 0, length);
  pending.header = parseHeader(action, line);
  pending.needed = pending.check(pending.header);
  pending.parts = [bytes.subarray(length + 1)];
  pending.size = bytes.length - length - 1;
  return true;
}

function parseHeader(action: string, line: string): JsonObject {
  const got = line.length > 60 ? `${line.slice(0, 60)}…` : line;
  try {
    const header: unknown = JSON.parse(line);
    if (isObject(header)) return header;
  } catch {
    // not JSON, which is reported below
  }
  throw new RangeError(`must ${action} with a line of JSON, got ${got}`);
}
