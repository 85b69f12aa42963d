/** `causalgate report`: its files and errors, and the numbers of the explorer. */
import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { bytesOfFormat, devices, type NumberFormat } from "../src/cost/devices.ts";
import { memoryRows } from "../src/cost/memory-table.ts";
import { paramsRows } from "../src/cost/params-table.ts";
import { writeTable } from "../src/io/csv.ts";
import { laws } from "../src/laws/index.ts";
import { namedModel, namedModels } from "../src/model/named/registry.ts";
import { explore } from "../src/report/explore.ts";
import { schemas } from "../src/report/schemas.ts";
import { writeReport } from "../src/report/write-report.ts";
import { lawStatuses } from "../src/verify/run-law.ts";
import { causalgate } from "./command.ts";
import { writeBench, writeGoldens, writeLaws, writeMutants } from "./made-reports.ts";
import { scratchFolder } from "./scratch.ts";
import { property } from "./support.ts";

const scratch = scratchFolder();
const folder = join(scratch, "reports");

beforeAll(async () => {
  await writeLaws(folder, { "prefix-invariance": { status: "broken", error: "a <b> & c" } });
  await writeBench(folder);
  await writeReport(folder);
});

const index = (folder: string) => readFile(join(folder, "index.html"), "utf8");

test("a damaged table is named by file, row and column, and the page is not changed", async () => {
  const [page, table] = [await index(folder), join(folder, "ratios.csv")];
  const right = await readFile(table, "utf8");
  await writeFile(table, right.replace(/^(\d,run,demo,\w+),10,/m, "$1,ten,"));
  const { code, stderr } = await causalgate(["report", folder]);
  await writeFile(table, right);
  expect(code).toBe(2);
  expect(stderr).toContain(`${table} row 2, column prompt_len: must be an integer or blank`);
  expect(await index(folder)).toBe(page);
  expect((await readdir(folder)).filter((file) => file.endsWith(".tmp"))).toEqual([]);
});

test("the page of all published mutants and every law is small", async () => {
  const large = join(scratch, "large");
  await writeLaws(large);
  await writeMutants(large, Number.POSITIVE_INFINITY);
  await writeReport(large);
  const { length } = await index(large);
  expect(length).toBeGreaterThan(200_000);
  expect(length).toBeLessThan(1_000_000);
});

test("a missing folder is refused, and not created", async () => {
  const nowhere = join(scratch, "nowhere");
  const { code, stderr } = await causalgate(["report", nowhere]);
  expect(code).toBe(2);
  expect(stderr).toContain(`report: the folder must exist, got "${nowhere}"`);
  expect(existsSync(nowhere)).toBe(false);
});

test("a file in place of the folder is refused", async () => {
  const file = join(scratch, "file.csv");
  await writeFile(file, "mine");
  const { code, stderr } = await causalgate(["report", file]);
  expect(code).toBe(2);
  expect(stderr).toContain(`report: must be a folder, got the file "${file}"`);
});

test.for([
  ["verify"],
  ["gate"],
  ["bench"],
  ["demo"],
  ["assignment", "--mode", "benchmark"],
  ["golden", "record"],
])("%j refuses a folder that cannot be written to, before any work", async (command) => {
  const file = join(scratch, "in-the-way");
  await writeFile(file, "mine");
  const option = command[0] === "golden" ? "--out" : "--report";
  // Below a file: the permissions of a folder do not stop every user.
  const { code, stdout, stderr } = await causalgate([...command, option, join(file, "reports")]);
  expect(code).toBe(2);
  expect(stdout.split("\n").length).toBeLessThan(3);
  expect(stderr).toMatch(
    new RegExp(`^causalgate: ${option}: must be a folder that can be written to, got .* with ENOT`),
  );
});

test("the page of an empty folder names the command of each part", async () => {
  const empty = join(scratch, "empty");
  await writeReport(empty);
  const page = await index(empty);
  expect(page.includes("Nothing has been tested yet")).toBe(true);
  for (const command of ["npx causalgate gate", "npm run mutants", "npx causalgate verify"]) {
    expect(page.includes(`<code>${command}`), command).toBe(true);
  }
  // An installed package has no npm scripts: they are commands of a clone.
  const place = /in a clone of https:\/\/github.com\/causalgate\/causalgate (run <code>)?$/;
  const before = page.split("npm run").slice(0, -1);
  expect(before.length).toBeGreaterThan(1);
  expect(before.filter((text) => !place.test(text)).map((text) => text.slice(-99))).toEqual([]);
  const verify = "npx causalgate verify --subject onnxruntime";
  const installed = `<code>npm install onnxruntime-node</code>, then <code>${verify}</code>`;
  expect(page.split(verify)).toHaveLength(3);
  expect(page.split(installed)).toHaveLength(3);
  expect(await readFile(join(empty, "README.md"), "utf8")).toContain(
    `\`npm install onnxruntime-node\`, then \`${verify}\``,
  );
});

test("recordings and times of an earlier run are not presented as those of this run", async () => {
  const other = join(scratch, "other");
  await writeLaws(other);
  await writeGoldens(join(other, "published"), "2026-01-01T00:00:00.000Z");
  await writeBench(join(other, "published"));
  await writeReport(other);
  const page = await index(other);
  expect(page).toMatch(
    /<p>Judged by [\d,]+ generated cases of the subject reference\. Numbers with/,
  );
  expect(page).toContain("No golden logits in this run");

  await writeGoldens(other);
  await writeReport(other);
  expect(await index(other)).toMatch(
    /generated cases of the subject \w+ and [\d,]+ recorded logits/,
  );
});

test("an engine may have any status, each with a mark and in words", async () => {
  const engines = join(scratch, "engines");
  const row = { engine: "own", version: null, arithmetic: "float32", run_id: "run" };
  const counts = {
    cases: 1,
    reached: 1,
    largest_error: null,
    tolerance: null,
    tolerance_from: null,
  };
  const rows = lawStatuses.map((status, i) => ({ ...row, law: laws[i].id, status, ...counts }));
  await writeTable(engines, schemas.engines, rows);
  await writeReport(engines);
  const page = await index(engines);
  for (const status of lawStatuses) expect(page).toContain(`class="unseen">${status}</span>`);
});

test("text from a table is escaped on the page", async () => {
  const page = await index(folder);
  expect(page.includes("a &#60;b&#62; &#38; c")).toBe(true);
  expect(page.includes("a <b>")).toBe(false);
});

const choices = fc.record({
  model: fc.constantFrom(...namedModels.map(({ name }) => name)),
  device: fc.constantFrom(...devices.map(({ name }) => name)),
  dtype: fc.constantFrom(...(Object.keys(bytesOfFormat) as NumberFormat[])),
  context: fc.integer({ min: 1, max: 5000 }),
  batch: fc.integer({ min: 1, max: 100 }),
  tp: fc.constantFrom(1, 2, 3, 8),
});

property(
  "the explorer computes the numbers of the tables, or refuses the same input",
  choices,
  (choice) => {
    const { context, batch } = choice;
    const model = namedModel(choice.model);
    const device = devices.find(({ name }) => name === choice.device)!;
    const isPossible =
      context <= model.config.maxPositionEmbeddings && choice.dtype in device.peaks;
    if (!isPossible) {
      expect(() => explore(choice)).toThrow(RangeError);
      return;
    }
    const explored = explore(choice);
    const bytesPerElement = bytesOfFormat[choice.dtype];
    const memory = memoryRows(model, { context, batch, bytesPerElement });
    const bytes = (part: string) => memory.find((row) => row.part === part)!.bytes;
    const total = paramsRows(model, "").find(({ component }) => component === "total")!;
    expect(explored.parameters).toBe(total.count);
    expect(explored.weightBytes).toBe(bytes("weights"));
    expect(explored.kvBytesOfBatch).toBe(bytes("kv_cache"));
    expect(explored.kvBytesPerToken).toBe(bytes("kv_cache_per_token"));
    for (const { step, seconds } of explored.steps) {
      const attainable = Number(step.flops) / seconds;
      expect(attainable / (step.attainable_flops as number)).toBeCloseTo(1, 9);
    }
  },
);
