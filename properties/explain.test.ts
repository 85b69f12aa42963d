/** `causalgate explain`: its text with tables and without. */
import { expect, test } from "vitest";
import { writeTable } from "../src/io/csv.ts";
import { schemaVersion } from "../src/io/table.ts";
import { laws } from "../src/laws/index.ts";
import { explanation, topicNames } from "../src/report/explain.ts";
import { schemas } from "../src/report/schemas.ts";
import { readTables } from "../src/report/tables.ts";
import { causalgate } from "./command.ts";
import { writeLaws } from "./made-reports.ts";
import { scratchFolder } from "./scratch.ts";

const scratch = scratchFolder();

test.for(topicNames)("%s without tables names the commands that write them", (name) => {
  const text = explanation(name, {}, "nowhere");
  expect(text).toContain("In nowhere, of the reference decoder:");
  expect(text).toMatch(/no \w+\.csv: run npx causalgate \w+/);
  expect(text.split("\n").filter((line) => line.length > 100)).toEqual([]);
});

test("numbers are those of the tables", async () => {
  const row = { schema_version: schemaVersion, model: "demo", token_a: 1, token_b: 2 };
  await writeTable(scratch, schemas.causality, [
    { ...row, position: 0, in_prefix: true, largest_difference: 1e-9 },
    { ...row, position: 1, in_prefix: false, largest_difference: 1.5 },
  ]);
  await writeLaws(scratch, { "prefix-invariance": { status: "broken", cases: 7 } });
  const { tables } = await readTables(scratch);
  const text = explanation("causality", tables, scratch);
  expect(text).toContain(
    "two texts share their first 1 tokens, where their logits differ by at most 1 × 10⁻⁹",
  );
  expect(text).toContain("at the 1 positions after them the largest difference is 1.5 to 1.5");
  expect(text).toContain(
    "prefix-invariance       broken (reference, 7 cases): the future is invisible",
  );
  expect(text).toContain("no attention.csv: run npx causalgate demo");
});

test("every law of a topic exists", async () => {
  await writeLaws(scratch);
  const { tables } = await readTables(scratch);
  const named = new Set(laws.map(({ id }) => id));
  for (const name of topicNames) {
    const lines =
      explanation(name, tables, scratch).match(/^ {2}\S+(?= +kept \(reference)/gm) ?? [];
    expect(lines.filter((line) => !named.has(line.trim()))).toEqual([]);
    expect(lines.length).toBe({ cost: 0, tying: 1 }[name] ?? 4);
  }
});

test("an unknown topic is refused with the list of all topics", async () => {
  const { code, stderr } = await causalgate(["explain", "everything", "--report", scratch]);
  expect(code).toBe(2);
  expect(stderr).toBe(
    'causalgate: explain: the topic must be one of cache, causality, sampling, cost, tying, got "everything"\n',
  );
});
