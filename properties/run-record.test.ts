/** `run.json`: the command that wrote each file of a folder of reports. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sha256 } from "../src/io/files.ts";
import { readRuns, startRecord, writeRecord } from "../src/io/run-record.ts";
import { scratchFolder } from "./scratch.ts";

const folder = scratchFolder();
const file = (name: string) => join(folder, name);
const hash = async (name: string) => sha256(await readFile(file(name)));

async function run(command: string, files: readonly string[]): Promise<void> {
  for (const name of files) await writeFile(file(name), `${name} by ${command}`);
  await writeRecord(folder, await startRecord(command, 1), files.map(file));
}

describe("the runs of a folder", () => {
  test("are none before the first", async () => {
    expect(await readRuns(folder)).toEqual([]);
  });

  test("each have the files that no later one wrote, oldest first", async () => {
    await run("first", ["laws.csv", "latency.csv"]);
    await run("second", ["mutants.csv"]);
    await run("third", ["latency.csv"]);
    const runs = await readRuns(folder);
    expect(runs.map(({ command, sha256 }) => [command, sha256])).toEqual([
      ["first", { "laws.csv": await hash("laws.csv") }],
      ["second", { "mutants.csv": await hash("mutants.csv") }],
      ["third", { "latency.csv": await hash("latency.csv") }],
    ]);
  });

  test("name the version of the package", async () => {
    const { version } = JSON.parse(await readFile("package.json", "utf8"));
    expect((await readRuns(folder)).map((run) => run.version)).toEqual(Array(3).fill(version));
  });

  test("are removed when all their files were written again", async () => {
    await run("fourth", ["laws.csv", "latency.csv", "mutants.csv"]);
    expect((await readRuns(folder)).map(({ command }) => command)).toEqual(["fourth"]);
  });

  test("are refused if the file is something else, which is not changed", async () => {
    await writeFile(file("run.json"), '{"runs": [1]}');
    const must = `${file("run.json")}: runs must be a list of { run_id, ..., sha256 }, got [1]`;
    await expect(run("fifth", ["laws.csv"])).rejects.toThrow(must);
    expect(await readFile(file("run.json"), "utf8")).toBe('{"runs": [1]}');
  });
});
