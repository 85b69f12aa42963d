/** The publication of all reports, with small programs in place of its steps. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { copyEngines, copyMutants, copyTables } from "../benchmarks/publish/copy.ts";
import {
  expectedSeconds,
  isOverdue,
  remainingSeconds,
  type StepTime,
} from "../benchmarks/publish/estimate.ts";
import {
  copyResults,
  type PublishOptions,
  readDurations,
  runSteps,
  writeDurations,
} from "../benchmarks/publish/publish.ts";
import { openState } from "../benchmarks/publish/state.ts";
import type { PublishStep } from "../benchmarks/publish/step.ts";
import { publishSteps } from "../benchmarks/publish/steps.ts";
import { writeTable } from "../src/io/csv.ts";
import { durationText } from "../src/io/numbers.ts";
import { readRuns, startRecord, writeRecord } from "../src/io/run-record.ts";
import { enginesTable } from "../src/verify/engines-table.ts";
import { scratchFolder } from "./scratch.ts";

const scratch = scratchFolder();
let count = 0;

/** A program that writes one table and its record, or ends with an exit code. */
const program = join(scratch, "step.mjs");
await writeFile(
  program,
  `import { appendFileSync, writeFileSync } from "node:fs";
const [name, code] = process.argv.slice(2);
const folder = process.argv[process.argv.indexOf("--report") + 1];
appendFileSync(process.env.STEP_LOG, name + "\\n");
console.log("the last line of " + name);
if (code === "crash") throw new Error("crashed");
const record = { run_id: "2026-01-01T00:00:00.000Z", command: name, seed: 1, sha256: {} };
writeFileSync(folder + "/" + name + ".csv", "a,b\\n1,2\\n");
writeFileSync(folder + "/index.html", "not a table");
writeFileSync(folder + "/run.json", JSON.stringify({ runs: [record] }));
process.exitCode = Number(code);
`,
);
const log = join(scratch, "log.txt");
process.env.STEP_LOG = log;

const step = (name: string, code = "0", more: Partial<PublishStep> = {}): PublishStep => ({
  name,
  group: name,
  lane: "checking",
  minutes: { full: 10, quick: 1 },
  isParallel: false,
  command: () => [program, name, code],
  resume: null,
  missing: async () => null,
  publish: copyTables(),
  ...more,
});

async function optionsOf(
  steps: readonly PublishStep[],
  more: Partial<PublishOptions> = {},
): Promise<PublishOptions & { readonly lines: readonly string[] }> {
  const root = join(scratch, `publication-${count++}`);
  const [work, out] = [join(root, "work"), join(root, "out")];
  const publication = { scale: "full", seed: 42, commit: null, out } as const;
  const state = await openState(work, publication);
  const lines: string[] = [];
  const plan = { steps, scale: "full", lanes: 1, jobs: 2, measured: new Map() } as const;
  await writeFile(log, "");
  await mkdir(out, { recursive: true });
  const print = (line: string) => lines.push(line);
  return { ...plan, seed: 42, work, out, state, heartbeat: 60, ...more, print, lines };
}

const ran = async () => (await readFile(log, "utf8")).trim().split("\n");

describe("a publication", () => {
  test("runs every step, prints its duration, and copies its tables and their record", async () => {
    const options = await optionsOf([step("one"), step("two", "1")]);
    const finished = await runSteps(options);
    expect([...finished].map(([name, { result }]) => [name, result])).toEqual([
      ["one", "kept"],
      ["two", "found"],
    ]);
    await copyResults(options);
    expect(await readFile(join(options.out, "one.csv"), "utf8")).toBe("a,b\n1,2\n");
    const runs = await readRuns(options.out);
    expect(runs.map(({ command, sha256 }) => [command, Object.keys(sha256)])).toEqual([
      ["one", ["one.csv"]],
      ["two", ["two.csv"]],
    ]);
    expect(options.lines[0]).toMatch(/^one: about 10 min; 20 min left in all$/);
    expect(options.lines).toContainEqual(
      expect.stringMatching(/^two: took \d+ s, found something$/),
    );
  });

  test("keeps the tables of a step that crashed, and later tries only that one again", async () => {
    const options = await optionsOf([step("one"), step("two", "crash")]);
    await writeFile(join(options.out, "two.csv"), "earlier\n");
    const finished = await runSteps(options);
    expect(finished.get("two")?.result).toBe("failed");
    await copyResults(options);
    expect(await readFile(join(options.out, "two.csv"), "utf8")).toBe("earlier\n");
    const { work, out } = options;
    const state = await openState(work, { scale: "full", seed: 42, commit: null, out });
    expect([...state.finished.keys()]).toEqual(["one", "two"]);
    const again = { ...options, steps: [step("one"), step("two")], state };
    await runSteps(again);
    await copyResults(again);
    expect(await ran()).toEqual(["one", "two", "two"]);
    expect(await readFile(join(options.out, "two.csv"), "utf8")).toBe("a,b\n1,2\n");
  });

  test("is not continued with another seed or on another commit", async () => {
    const { work, out, ...options } = await optionsOf([step("one")]);
    await runSteps({ ...options, work, out });
    const other = openState(work, { scale: "full", seed: 43, commit: null, out });
    await expect(other).rejects.toThrow(
      "seed must be 42, as in the unfinished run, got 43; --fresh",
    );
  });

  test("continues a step that can, and starts any other again", async () => {
    const steps = [step("one", "crash", { resume: ["--resume"] }), step("two", "crash")];
    const options = await optionsOf(steps);
    await runSteps(options);
    await writeFile(join(options.work, "one", "begun"), "");
    await writeFile(join(options.work, "two", "begun"), "");
    const seen: string[] = [];
    const again = steps.map((of) => ({ ...of, command: () => [program, of.name, "0"] }));
    await runSteps({ ...options, steps: again, print: (line) => seen.push(line) });
    expect(await readFile(join(options.work, "one", "begun"), "utf8")).toBe("");
    await expect(readFile(join(options.work, "two", "begun"))).rejects.toThrow("ENOENT");
  });

  test("runs two lanes side by side, each in order", async () => {
    const options = await optionsOf(
      [step("time", "0", { lane: "timing" }), step("one"), step("two")],
      { lanes: 2, jobs: 1 },
    );
    await runSteps(options);
    const order = await ran();
    expect(order.filter((name) => name !== "time")).toEqual(["one", "two"]);
    expect(order).toContain("time");
    expect(options.lines[0]).toContain("20 min left in all");
  });
});

describe("the time that is left", () => {
  const steps = [step("one"), step("two"), step("time", "0", { lane: "timing" })];
  const plan = { steps, scale: "full", lanes: 1, jobs: 1, measured: new Map() } as const;
  const times = (...states: readonly [StepTime["state"], number][]): StepTime[] =>
    states.map(([state, seconds], i) => ({ step: steps[i], state, seconds }));
  const waiting = ["waiting", 0] as const;

  test("is the sum of all steps, or the longer lane", () => {
    const all = times([...waiting], [...waiting], [...waiting]);
    expect(remainingSeconds(all, plan)).toBe(1800);
    expect(remainingSeconds(all, { ...plan, lanes: 2 })).toBe(1200);
  });

  test("grows with what the finished steps really took, and is never negative", () => {
    expect(remainingSeconds(times(["finished", 1200], [...waiting], [...waiting]), plan)).toBe(
      2400,
    );
    expect(remainingSeconds(times(["running", 100], [...waiting], [...waiting]), plan)).toBe(1700);
    const late = times(["running", 1800], [...waiting], [...waiting]);
    expect(remainingSeconds(late, plan)).toBe(3 * 1200);
    expect(isOverdue(late, plan)).toBe(true);
    expect(isOverdue(times(["running", 600], [...waiting], [...waiting]), plan)).toBe(false);
  });

  test("is what was measured before, or the estimate for so many processes", async () => {
    const parallel = step("one", "0", { isParallel: true });
    expect(expectedSeconds(parallel, { ...plan, jobs: 4 })).toBe(150);
    const { out, state } = await optionsOf([]);
    await state.finish("one", { result: "kept", seconds: 77 });
    await state.finish("two", { result: "failed", seconds: 1 });
    await writeDurations(out, plan, state.finished);
    const measured = await readDurations(out, plan);
    expect([...measured]).toEqual([["one", 77]]);
    expect(expectedSeconds(parallel, { ...plan, measured })).toBe(77);
    expect([...(await readDurations(out, { ...plan, lanes: 2 }))]).toEqual([]);
  });

  test.for([
    [40.4, "40 s"],
    [100, "2 min"],
    [119.8, "2 min"],
    [3900, "1 h 05 min"],
  ] as const)("%s s is %s", ([seconds, text]) => {
    expect(durationText(seconds)).toBe(text);
  });
});

test("verdicts on engines that were not tried are kept, and named in the record", async () => {
  const row = {
    version: "1",
    arithmetic: "float32",
    status: "kept",
    cases: 9,
    reached: 9,
  } as const;
  const errors = { largest_error: null, tolerance: null, tolerance_from: null };
  const write = async (name: string, engines: readonly string[], law: string, run_id: string) => {
    const folder = join(scratch, name);
    const rows = engines.map((engine) => ({ engine, ...row, ...errors, law, run_id }));
    const path = await writeTable(folder, enginesTable, rows);
    await writeRecord(folder, await startRecord("causalgate verify", 42), [path]);
    return folder;
  };
  const out = await write("engines-out", ["a", "b", "c"], "old-law", "before");
  const from = [
    await write("engines-a", ["a"], "law", "now"),
    await write("engines-b", ["b"], "law", "now"),
  ];
  const [line] = await copyEngines(from, out);
  expect(line).toBe("published: a, b in engines.csv; kept from earlier runs: c");
  const text = await readFile(join(out, "engines.csv"), "utf8");
  const cells = text
    .trim()
    .split("\n")
    .slice(1)
    .map((one) => one.split(","));
  expect(cells.map((one) => [one[0], one[3], one.at(-1)])).toEqual([
    ["a", "law", "now"],
    ["b", "law", "now"],
    ["c", "old-law", "before"],
  ]);
  expect((await readRuns(out)).at(-1)?.command).toBe(
    "causalgate verify of a, b; kept from earlier runs: c",
  );
});

test("what the mutants lost since the published run is reported", async () => {
  const [from, out] = [join(scratch, "mutants-from"), join(scratch, "mutants-out")];
  await mkdir(from);
  await mkdir(out);
  await writeFile(join(out, "kill-matrix.csv"), "mutant,chapter,P-CACHE\nstale-key,cache,4\n");
  await writeFile(
    join(from, "kill-matrix.csv"),
    "mutant,chapter,cache-equality\nstale-key,cache,\n",
  );
  await writeRecord(from, await startRecord("npm run mutants", 42), [
    join(from, "kill-matrix.csv"),
  ]);
  expect((await copyMutants([from], out)).join("\n")).toContain("1 detections lost");
});

test("a table of the published folder that is none of today's is named", async () => {
  const options = await optionsOf([]);
  await writeFile(join(options.out, "laws.csv"), "");
  await writeFile(join(options.out, "renamed.csv"), "");
  await copyResults(options);
  expect(options.lines).toEqual(["renamed.csv: no table of today, remove it"]);
});

test("the steps have distinct names, and groups of one lane", () => {
  expect(new Set(publishSteps.map(({ name }) => name)).size).toBe(publishSteps.length);
  for (const group of Map.groupBy(publishSteps, ({ group }) => group).values()) {
    expect(new Set(group.map(({ lane }) => lane)).size).toBe(1);
  }
});
