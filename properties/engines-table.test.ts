/** The table of engines and laws: a run keeps the rows of earlier runs. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { laws } from "../src/laws/index.ts";
import { reference } from "../src/subjects/reference.ts";
import type { Subject } from "../src/subjects/subject.ts";
import { engineOf, writeEngines } from "../src/verify/engines-table.ts";
import type { LawStatus } from "../src/verify/run-law.ts";
import type { Report } from "../src/verify/verify.ts";
import { scratchFolder } from "./scratch.ts";

const folder = scratchFolder();

const engine = (name: string, version: string): Subject => ({
  ...reference,
  name,
  versions: async () => ({ [name]: version }),
});

/** A report with these results of the first laws. */
function report(subject: string, statuses: readonly LawStatus[]): Report {
  const verdicts = statuses.map((status, i) => ({
    law: laws[i],
    subject,
    origin: "",
    status,
    seed: 1,
    cases: 100,
    reached: 90,
    timeMs: 1,
    worst: { error: 1e-9, allowed: 1e-6 },
    toleranceShare: 1e-7,
    tolerance: subject === "a" ? ("overridden" as const) : ("of the arithmetic" as const),
    reason: null,
    large: [],
    failure: null,
    missing: [],
  }));
  return { verdicts };
}

const write = async (runId: string, subject: Subject, ...statuses: readonly LawStatus[]) =>
  writeEngines(folder, runId, await engineOf(subject), report(subject.name, statuses));

test("a run replaces its rows, and keeps those of other engines and versions", async () => {
  await write("one", engine("b", "1.0"), "kept", "broken");
  await write("two", engine("a", "1.0"), "not offered");
  await write("three", engine("b", "2.0"), "kept");
  const path = await write("four", engine("b", "1.0"), "broken");
  const [first, second] = laws.map(({ id }) => id);
  const rest = "100,90,1e-9,0.000001";
  expect((await readFile(path, "utf8")).trimEnd().split("\n")).toEqual([
    "engine,version,arithmetic,law,status,cases,reached,largest_error,tolerance,tolerance_from,run_id",
    `a,a 1.0,float64,${first},not offered,${rest},overridden,two`,
    `b,b 1.0,float64,${second},broken,${rest},of the arithmetic,one`,
    `b,b 1.0,float64,${first},broken,${rest},of the arithmetic,four`,
    `b,b 2.0,float64,${first},kept,${rest},of the arithmetic,three`,
  ]);
});

test("a damaged table is refused, and not changed", async () => {
  const path = join(folder, "engines.csv");
  await writeFile(path, "engine,law\nb,definition-equality\n");
  await expect(write("five", engine("b", "1.0"), "kept")).rejects.toThrow(/engines\.csv/);
  expect(await readFile(path, "utf8")).toBe("engine,law\nb,definition-equality\n");
});
