/** Engines that harm the process they run in: each law gets a verdict, within the limits. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { lawById } from "../src/laws/index.ts";
import { reference } from "../src/subjects/reference.ts";
import { messageOf, sentVerdict } from "../src/verify/child-messages.ts";
import type { ChildProgram } from "../src/verify/child-process.ts";
import { replayIsolated, verifyIsolated } from "../src/verify/isolated.ts";
import { lawRows } from "../src/verify/laws-table.ts";
import { runLaw } from "../src/verify/run-law.ts";
import { exitCodeOf } from "../src/verify/verify.ts";
import { causalgate } from "./command.ts";
import { scratchFolder } from "./scratch.ts";

const folder = scratchFolder();
const [cacheEquality, chunkInvariance] = ["cache-equality", "chunk-invariance"].map(lawById);
const options = { seed: 42, runs: 5, large: 0, corpus: {} };

test("a verdict arrives as it was sent, with its large cases", async () => {
  const verdict = await runLaw(cacheEquality, reference, { ...options, runs: 20, large: 2 });
  expect(verdict.large.length).toBeGreaterThan(0);
  const message = { type: "verdict", steps: 3, verdict };
  const line = JSON.stringify({ ...message, verdict: sentVerdict(verdict) });
  expect(messageOf(line)).toEqual(message);
});

/** Writes an engine that is correct but for what it does first in `append`. */
async function engineFile(name: string, inAppend: string, onLoad = ""): Promise<string> {
  const file = join(folder, `${name}.mjs`);
  const text = `import { writeFileSync, writeSync } from "node:fs";
    import { defineSubject, referenceDecoder } from "causalgate";
    ${onLoad}
    export default defineSubject({ name: "${name}", arithmetic: "float64", build: (model) => ({
      async start() {
        const sequence = await referenceDecoder(model.config, model.weights).start();
        return {
          get length() { return sequence.length; },
          append(tokens) { ${inAppend}; return sequence.append(tokens); },
        };
      },
    }) });`;
  await writeFile(file, text);
  return file;
}

function programOf(engine: string, limits: Partial<ChildProgram> = {}): ChildProgram {
  return {
    entry: join(import.meta.dirname, "../src/cli/verify-child.ts"),
    subject: { engine },
    ...{ caseTimeoutMs: 60_000, memoryBytes: 2 ** 32, ...limits },
  };
}

const short = { caseTimeoutMs: 1000 };
const hang = "for (;;) {}";

/** The status and the reason of one law. */
async function verdictOf(engine: string, limits: Partial<ChildProgram> = {}) {
  const program = programOf(engine, limits);
  const run = { ...options, caseTimeoutMs: program.caseTimeoutMs };
  const { verdicts } = await verifyIsolated(program, [cacheEquality], run, {});
  expect(verdicts).toHaveLength(1);
  return verdicts[0];
}

test.for<[string, string, string, Partial<ChildProgram>?]>([
  ["hangs", hang, "the engine must answer within 1 s of a case, got no answer", short],
  ["aborts", "process.abort()", "got SIGABRT"],
  ["rejects", 'Promise.reject(new Error("late"))', "got the unhandled rejection late at "],
  ["throws late", "queueMicrotask(() => { throw null; })", "got the uncaught error null"],
  [
    "allocates",
    `for (let held = [];;) { if (held.length < 80) held.push(Buffer.alloc(5e7, 1)); }`,
    "must use at most 0.6 GB of memory, got ",
    { memoryBytes: 0.6 * 2 ** 30 },
  ],
])("an engine that %s", async ([name, inAppend, reason, limits]) => {
  const verdict = await verdictOf(await engineFile(name, inAppend), limits);
  expect(verdict).toMatchObject({ status: "error", cases: 1, failure: { path: "0" } });
  expect(verdict.reason).toContain(reason);
  expect(verdict.reason).toContain("; it was in case cache-equality/42/0");
  expect(exitCodeOf({ verdicts: [verdict] })).toBe(1);
});

test("an engine that throws null breaks the law", async () => {
  const { status, failure } = await verdictOf(await engineFile("null", "throw null"));
  expect([status, failure?.message]).toEqual(["broken", "threw null"]);
});

describe("a correct engine is judged as such", () => {
  test.for([
    ["changes the folder", 'process.chdir("/")', ""],
    ["__proto__", "", ""],
    [
      "sends messages of its own",
      `process.send?.("{"); writeSync(3, '{"type":"done"}\\n\\n{"type":"verdict'); writeSync(1, "[")`,
      "",
    ],
    ["has a polluted prototype", "", "Object.prototype.polluted = 1;"],
    ["replaces what the tool uses", "", "JSON.stringify = process.exit = () => null;"],
  ])("if it %s", async ([name, inAppend, onLoad]) => {
    const verdict = await verdictOf(await engineFile(name, inAppend, onLoad));
    expect([verdict.subject, verdict.status, verdict.cases > 4]).toEqual([name, "kept", true]);
  });
});

test("an engine that spoils every message leaves an error", async () => {
  const onLoad = 'Object.prototype.toJSON = () => "nonsense";';
  const engine = await engineFile("spoils", "", onLoad);
  await expect(verdictOf(engine)).rejects.toThrow("engine: must load, got: ");
});

test("an engine that ends its process while it is loaded cannot be tested", async () => {
  const engine = await engineFile("leaves", "", "process.exit(0);");
  await expect(verdictOf(engine)).rejects.toThrow(/^engine: must load, got: .* got exit code 0$/);
});

test("laws after three that an engine did not answer are not run", async () => {
  const engine = await engineFile("hangs", hang);
  const ids = ["determinism", "history-invariance", "cache-equality", "chunk-invariance"];
  const laws = [...ids, "batch-invariance"].map(lawById);
  const program = programOf(engine, { caseTimeoutMs: 500 });
  const events: string[] = [];
  const run = { ...options, caseTimeoutMs: 500 };
  const { verdicts } = await verifyIsolated(program, laws, run, {
    onVerdict: ({ law, status }) => {
      events.push(`${law.id} ${status}`);
    },
  });
  const errors = ids.map((id) => `${id} error`);
  expect(events).toEqual([...errors, "batch-invariance not offered"]);
  const last = "chunk-invariance was not run: the engine did not answer the laws before it";
  expect(verdicts[3].reason).toBe(last);
});

test("after the time of the run no law waits for an engine that did not answer", async () => {
  const program = programOf(await engineFile("hangs", hang), short);
  const run = { ...options, caseTimeoutMs: 1000, timeLimitMs: 1500 };
  const { verdicts } = await verifyIsolated(program, [cacheEquality, chunkInvariance], run, {});
  expect(verdicts.map(({ status }) => status)).toEqual(["error", "out of time"]);
});

test("a replayed case has the limits, too", async () => {
  const program = programOf(await engineFile("hangs", hang), short);
  const replay = { id: "cache-equality", seed: 7, path: "3" };
  const verdict = await replayIsolated(program, replay, () => {});
  expect(verdict).toMatchObject({ status: "error", seed: 7, failure: { path: "3" } });
  const [row] = lawRows("1", { verdicts: [verdict!] });
  expect(row.replay).toBe("cache-equality/7/3");
});

test("the command writes its report, continues with the next law and does not succeed", async () => {
  const engine = await engineFile("exits", "process.exit(0)");
  const report = join(folder, "reports");
  const laws = ["--law", "cache-equality", "chunk-invariance", "batch-invariance"];
  const where = ["--engine", engine, "--report", report, "--runs", "5", "--json"];
  const { code, stdout } = await causalgate(["verify", ...where, ...laws]);
  expect(code).toBe(1);
  const statuses = JSON.parse(stdout).map(({ status }: { status: string }) => status);
  expect(statuses).toEqual(["error", "error", "not offered"]);
  expect(await readFile(join(report, "laws.csv"), "utf8")).toContain("got exit code 0");
  expect(await readFile(join(report, "laws.xml"), "utf8")).toContain('errors="2"');
  expect(await readFile(join(report, "engines.csv"), "utf8")).toContain("exits,,float64");
  expect(existsSync(join(report, "corpus.json"))).toBe(false);
});

test.for(["SIGINT", "SIGKILL"] as const)("%s of the command ends its child", async (signal) => {
  const pidFile = join(folder, signal);
  const inAppend = `writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); ${hang}`;
  const engine = await engineFile(`hangs at ${signal}`, inAppend);
  const parameters = ["--engine", engine, "--report", folder, "--law", "cache-equality"];
  const main = join(import.meta.dirname, "../src/cli/main.ts");
  const command = spawn(process.execPath, [main, "verify", ...parameters], { stdio: "ignore" });
  const ended = new Promise((resolve) => command.once("exit", (_, by) => resolve(by)));
  await expect.poll(() => existsSync(pidFile), { timeout: 50_000 }).toBe(true);
  command.kill(signal);
  expect(await ended).toBe(signal);
  const child = Number(await readFile(pidFile, "utf8"));
  await expect.poll(() => isRunning(child), { timeout: 20_000 }).toBe(false);
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
