/** A program in a process of its own that answers one question after another, or is ended. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { isObject, type JsonObject } from "../io/json.ts";

/** A longer header is refused: no answer needs it. */
const MAX_HEADER_BYTES = 64 * 1024;

/** How much of what it wrote to its standard error is kept, from the end. */
const MAX_WORDS = 2000;

/** How long it may take to end by itself once its standard input is closed. */
const GRACE_MS = 1000;

const NEWLINE = 10;

/** The header of an answer, and the bytes that follow it. */
export interface Answer {
  readonly header: JsonObject;
  readonly body: Uint8Array;
}

/**
 * @returns how many bytes follow a header
 * @throws {RangeError} when the header is not one that the question allows
 */
export type Check = (header: JsonObject) => number;

interface Pending {
  readonly what: string;
  readonly check: Check;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
  parts: Uint8Array[];
  /** Bytes in `parts`. */
  size: number;
  header: JsonObject | null;
  /** Bytes that follow the header, once it is there. */
  needed: number;
}

const running = new Set<Program>();
process.on("exit", () => {
  for (const program of running) program.kill();
});

/**
 * A running program. It may write only when asked and only what it was asked for, so that what is
 * held of its output is never more than one answer. Whatever it does wrong ends it and every
 * process that it started (on Windows: it alone); every later question then fails at once.
 */
export class Program implements AsyncDisposable {
  readonly #name: string;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #closed: Promise<void>;
  #pending: Pending | null = null;
  #failure: Error | null = null;
  #words = "";
  #last: Promise<unknown> = Promise.resolve();

  /** @param command the program and its parameters; no shell reads them */
  constructor(name: string, [file, ...parameters]: readonly string[]) {
    this.#name = name;
    // A process group of its own, so that its children can be ended with it.
    const child = spawn(file, parameters, { detached: true, stdio: "pipe" });
    this.#child = child;
    if (child.pid !== undefined) running.add(this);
    this.#closed = new Promise((resolve) => {
      child.once("close", (code, signal) => {
        running.delete(this);
        this.#fail(`must stay until it is told to stop, got ${signal ?? `exit code ${code}`}`);
        resolve();
      });
    });
    child.once("error", (error) => this.#fail(`must start, got ${error.message}`));
    // Its children may outlive it and hold its output open, even those that left its group.
    child.once("exit", () => {
      this.kill();
      const late = setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
      }, GRACE_MS);
      child.once("close", () => clearTimeout(late));
    });
    child.stdin.on("error", () => {}); // it ended, which is said above
    child.stdout.on("data", (chunk: Uint8Array) => this.#receive(chunk));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#words = (this.#words + text).slice(-MAX_WORDS);
    });
    // An idle program does not keep this process alive; the timer of a question does.
    child.unref();
    for (const pipe of child.stdio as (Socket | null)[]) pipe?.unref();
  }

  /**
   * Sends one line, or nothing, and waits for the answer. Questions wait for those before them.
   *
   * @param what names the question in errors
   * @throws {Error} `NAME: the program must …, got …`, with the end of its standard error
   */
  ask(
    what: string,
    question: JsonObject | null,
    check: Check,
    timeLimitMs: number,
  ): Promise<Answer> {
    const turn = this.#last.then(() => this.#exchange(what, question, check, timeLimitMs));
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

  /** Closes its standard input, and kills it when that does not end it soon. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#failure ??= new Error(`${this.#name}: the program must be running, got it stopped`);
    this.#child.stdin.end();
    const timer = setTimeout(() => this.kill(), GRACE_MS);
    if (this.#child.pid !== undefined) await this.#closed;
    clearTimeout(timer);
  }

  #exchange(
    what: string,
    question: JsonObject | null,
    check: Check,
    timeLimitMs: number,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== null) return reject(this.#failure);
      const late = () => this.#fail(`must answer ${what} within ${timeLimitMs} ms, got no end`);
      const timer = setTimeout(late, timeLimitMs);
      const nothing = { parts: [], size: 0, header: null, needed: 0 };
      this.#pending = { what, check, resolve, reject, timer, ...nothing };
      if (question !== null) this.#child.stdin.write(`${JSON.stringify(question)}\n`);
    });
  }

  #receive(chunk: Uint8Array): void {
    if (this.#failure !== null) return;
    const pending = this.#pending;
    if (pending === null) {
      this.#fail(`must be silent unless asked, got ${chunk.length} bytes`);
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
      this.#fail(`must answer ${pending.what} with ${needed} bytes, got more`);
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

  /** Only the first failure counts: what follows is its consequence. */
  #fail(message: string): void {
    if (this.#failure === null) {
      const words = this.#words.trim();
      const said = words === "" ? "" : `; it said: ${words}`;
      this.#failure = new Error(`${this.#name}: the program ${message}${said}`);
    }
    this.#settle()?.reject(this.#failure);
    this.kill();
  }
}

/** Takes the header off the parts; false while its line has not ended. */
function readHeader(pending: Pending, chunk: Uint8Array): boolean {
  const { what } = pending;
  const end = chunk.indexOf(NEWLINE);
  const length = end < 0 ? pending.size : pending.size - chunk.length + end;
  if (length > MAX_HEADER_BYTES) {
    throw new RangeError(
      `must answer ${what} with a line of at most ${MAX_HEADER_BYTES} bytes, got more`,
    );
  }
  if (end < 0) return false;
  const bytes = Buffer.concat(pending.parts);
  const line = bytes.toString("utf8", 0, length);
  pending.header = parseHeader(what, line);
  pending.needed = pending.check(pending.header);
  pending.parts = [bytes.subarray(length + 1)];
  pending.size = bytes.length - length - 1;
  return true;
}

function parseHeader(what: string, line: string): JsonObject {
  const got = line.length > 60 ? `${line.slice(0, 60)}…` : line;
  try {
    const header: unknown = JSON.parse(line);
    if (isObject(header)) return header;
  } catch {
    // not JSON, which is said below
  }
  throw new RangeError(`must answer ${what} with a line of JSON, got ${got}`);
}
