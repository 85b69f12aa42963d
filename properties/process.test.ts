/**
 * A program in a child process is a decoder like any other. One that crashes, hangs, writes too
 * much or wrong answers is reported in bounded time, and leaves no processes behind.
 */
import { execFile } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { forward } from "../src/definition.ts";
import { type ProgramOptions, processDecoder } from "../src/engines/process.ts";
import { laws } from "../src/laws/index.ts";
import { missingNeeds } from "../src/laws/law.ts";
import { defineSubject } from "../src/subjects/define-subject.ts";
import { runLaw } from "../src/verify/run-law.ts";
import { config, weights } from "./process-child.ts";
import { scratchFolder } from "./scratch.ts";
import { expectKept, seed } from "./support.ts";

const scratch = scratchFolder();
const child = join(import.meta.dirname, "process-child.ts");
const capabilities = ["all-rows", "rewind", "fork"] as const;

const program = (kind: string, options: Partial<ProgramOptions> = {}, file = "") =>
  processDecoder(config, {
    name: "program",
    command: [process.execPath, child, kind, file],
    capabilities,
    timeLimitMs: kind.startsWith("hang") ? 1500 : 30_000,
    startTimeLimitMs: 30_000,
    ...options,
  });

/** Returns the errors of the first append of a defective program, and of later calls. */
async function failure(decoder: ReturnType<typeof program>): Promise<string[]> {
  const messages: string[] = [];
  const note = (error: Error) => messages.push(error.message);
  const sequence = await decoder.start().catch(note);
  if (typeof sequence === "object") {
    await sequence.append([3, 1]).catch(note);
    await sequence.append([4]).catch(note);
  }
  await decoder.start().catch(note);
  return messages;
}

describe("a program that follows the protocol", () => {
  const subject = defineSubject({
    name: "program",
    fixed: {
      engine: program("none"),
      config,
      model: { name: "program", config, weights },
    },
    capabilities,
    arithmetic: "float64",
    bitwise: true,
  });
  const offered = laws.filter((law) => missingNeeds(law, subject).length === 0);

  test.for(offered)("keeps $id", async (law, { task }) => {
    const verdict = await runLaw(law, subject, { seed, runs: 15 });
    task.meta.cases = verdict.cases;
    expectKept(verdict);
  });
});

test.for([
  [
    "crash",
    "must run until its standard input ends, got exit code 3; standard error: out of memory",
  ],
  ["hang", "must answer append within 1500 ms, got no end"],
  ["hang with half an answer", "must answer append within 1500 ms, got no end"],
  ["flood without a line", "must answer append with a line of at most 65536 bytes, got more"],
  ["say more than it was asked", "must answer append with 88 bytes, got more"],
  ["answer in prose", "must answer append with a line of JSON, got the next token is 7"],
  ["answer another request", "must answer append with id 2, got 99"],
  ["miscount its tokens", "must answer append with length 2, got 1"],
  ["greet in another protocol", 'must begin with protocol causalgate 1, got "causalgate 0"'],
])("a program that would %s is ended and reported", async ([kind, message]) => {
  const decoder = program(kind);
  const messages = await failure(decoder);
  expect(messages.length).toBeGreaterThan(0);
  expect(new Set(messages)).toEqual(new Set([`program: the program ${message}`]));
  await decoder[Symbol.asyncDispose]();
});

test("the end of the standard error is shown", async () => {
  await using decoder = program("hang and flood its standard error");
  const [message] = await failure(decoder);
  expect(message).toMatch(/^program: the program must answer append within 1500 ms, got no end; /);
  expect(message).toContain("its last words");
  expect(message.length).toBeLessThan(2200);
});

test("a program that writes without a request is ended", async () => {
  await using decoder = program("speak when it was not asked");
  const sequence = await decoder.start();
  await sequence.append([3]);
  await sleep(1000);
  const message = /^program: the program must write only answers to requests, got \d+ bytes$/;
  await expect(sequence.append([1])).rejects.toThrow(message);
});

test("a program that refuses a request can continue", async () => {
  await using decoder = program("refuse");
  const sequence = await decoder.start();
  const refused = "program: append must be possible, got no tokens today";
  await expect(sequence.append([3])).rejects.toThrow(refused);
  expect(sequence.length).toBe(0);
  expect(await sequence.append([3])).toHaveLength(config.vocabSize);
});

test("a program may compute in float32", async () => {
  await using decoder = program("compute in float32");
  await using sequence = await decoder.start();
  const rows = await sequence.appendAll([3, 1, 4]);
  const expected = forward(config, weights, [3, 1, 4]);
  expect(rows).toEqual(expected.map((row) => Float32Array.from(row)));
});

test("a missing program is reported", async () => {
  const decoder = program("none", { command: ["no-such-program"] });
  await expect(decoder.start()).rejects.toThrow(/^program: the program must start, got .*ENOENT/);
  await decoder[Symbol.asyncDispose]();
});

test("a mismatch of the model is found at the start", async () => {
  await using decoder = processDecoder(
    { ...config, vocabSize: 12 },
    { name: "program", command: [process.execPath, child] },
  );
  await expect(decoder.start()).rejects.toThrow("vocab_size 12, got 11");
});

/** Returns true if a file still grows after some time. */
async function isWritten(file: string): Promise<boolean> {
  const before = statSync(file).size;
  await sleep(500);
  return statSync(file).size > before;
}

test("the child processes of a program are ended with it", async () => {
  const file = join(scratch, "grandchild");
  await using decoder = program("leave a child behind", {}, file);
  const sequence = await decoder.start();
  await expect(sequence.append([3])).rejects.toThrow("got exit code 0");
  expect(await isWritten(file)).toBe(false);
});

test("a child that left the group of its program does not delay anything", async () => {
  await using decoder = program("leave a child behind in a group of its own");
  const sequence = await decoder.start();
  const start = performance.now();
  await expect(sequence.append([3])).rejects.toThrow("got exit code 0");
  await decoder[Symbol.asyncDispose]();
  expect(performance.now() - start).toBeLessThan(15_000);
});

test("a program that ignores the end of its input is killed", async () => {
  const file = join(scratch, "stubborn");
  const decoder = program("ignore the end of its input", {}, file);
  await (await decoder.start()).append([3]);
  expect(await isWritten(file)).toBe(true);
  await decoder[Symbol.asyncDispose]();
  expect(await isWritten(file)).toBe(false);
});

test("a program that was not disposed of does not keep its parent alive, and ends with it", async () => {
  const file = join(scratch, "forgotten");
  const parameters = [child, "ignore the end of its input", file];
  const script = `
    import { processDecoder } from "./src/engines/process.ts";
    import { config } from "./properties/process-child.ts";
    const command = [process.execPath, ...${JSON.stringify(parameters)}];
    const decoder = processDecoder(config, { name: "program", command });
    await (await decoder.start()).append([3]);`;
  await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], {
    timeout: 30_000,
  });
  expect(await isWritten(file)).toBe(false);
});
