/** `causalgate bench` from a shell: its files, interruptions, errors. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parse } from "csv-parse/sync";
import { beforeAll, describe, expect, test } from "vitest";
import type { Sample } from "../src/bench/sample.ts";
import { readSamples } from "../src/bench/samples.ts";
import { sha256 } from "../src/io/files.ts";
import { readRuns } from "../src/io/run-record.ts";
import { readTables } from "../src/report/tables.ts";
import { causalgate, type Ended } from "./command.ts";
import { scratchFolder } from "./scratch.ts";

const scratch = scratchFolder();
const smoke = ["--scale", "smoke", "--seed", "7"];

const rowsOf = async (folder: string, table: string): Promise<Record<string, string>[]> =>
  parse(await readFile(join(folder, `${table}.csv`), "utf8"), { columns: true });

const main = join(import.meta.dirname, "../src/cli/main.ts");

/** Starts a bench, and kills it as soon as a file exists. */
async function killWhen(file: string, parameters: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [main, "bench", ...parameters], { stdio: "ignore" });
  const ended = new Promise((resolve) => child.on("close", (_, signal) => resolve(signal)));
  while (!existsSync(file) && child.exitCode === null) await setTimeout(5);
  child.kill("SIGKILL");
  expect(await ended).toBe("SIGKILL");
}

describe("a bench at smoke scale", () => {
  const folder = join(scratch, "all");
  let ended: Ended;
  beforeAll(async () => {
    ended = await causalgate(["bench", ...smoke, "--report", folder]);
  });

  test("succeeds, and prints the result and the written files", () => {
    const { code, stdout, stderr } = ended;
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^tiny: 8 new tokens after 4, with and without a cache$/m);
    expect(stdout).toMatch(/^\d+ comparisons: /m);
    expect(stdout).toMatch(/^Controls, an arm against itself: \d+ of \d+ intervals exclude 1/m);
    expect(stdout).toMatch(/^This machine, one thread: --peak-flops \S+ --bandwidth \S+; memory/m);
    expect(stdout).toMatch(/^Without a time: \d+ too_long/m);
  });

  test("writes complete tables and the hash of each, and nothing else", async () => {
    const tables = ["flops", "growth", "latency", "ratios", "roofline", "samples"];
    const files = tables.map((table) => `${table}.csv`);
    expect((await readdir(folder)).sort()).toEqual([...files, "run.json"].sort());
    const [run] = await readRuns(folder);
    expect(run.command).toMatch(/^causalgate bench latency growth .* --scale smoke$/);
    for (const file of files) {
      expect(ended.stdout).toContain(`written: ${join(folder, file)}\n`);
      expect(run.sha256[file]).toBe(sha256(await readFile(join(folder, file))));
      expect(await rowsOf(folder, basename(file, ".csv"))).not.toEqual([]);
    }
    const { tables: read } = await readTables(folder);
    expect(Object.keys(read).sort()).toEqual(tables);
  });

  test("times every task, with correct tokens", async () => {
    const rows = await rowsOf(folder, "latency");
    const timed = rows.filter(({ status }) => status === "ok");
    const tasks = new Set(timed.map(({ task }) => task));
    const alone = ["generation_alone", "generation_length", "long_generation"];
    const single = ["decode", "prefill", "roof", "sampling", "sequence_length", "triad"];
    expect(tasks).toEqual(new Set([...alone, ...single]));
    expect(timed.every(({ median_ms, n }) => Number(median_ms) > 0 && n === "6")).toBe(true);
    expect(rows.filter(({ status }) => status === "mismatch")).toEqual([]);
    const tooLong = rows.filter(({ status }) => status === "too_long");
    expect(tooLong.every(({ median_ms }) => median_ms === "")).toBe(true);
    expect(tooLong.length).toBeGreaterThan(0);
  });
});

describe("a bench that is killed", () => {
  const folder = join(scratch, "killed");
  const command = ["latency", "roof", ...smoke, "--report", folder];
  const place = join(folder, "unfinished-bench");
  const first = join(place, "0.json");
  let kept: readonly Sample[];
  beforeAll(async () => {
    await killWhen(first, command);
    kept = JSON.parse(await readFile(first, "utf8"));
  });

  test("has written no table and no incomplete file", async () => {
    expect(await readdir(folder)).toEqual(["unfinished-bench"]);
    for (const file of (await readdir(place)).filter((name) => name.endsWith(".json"))) {
      expect(JSON.parse(await readFile(join(place, file), "utf8"))).toBeTypeOf("object");
    }
  });

  test("is resumed only on request, and only as the same bench", async () => {
    const again = await causalgate(["bench", ...command]);
    expect([again.code, again.stdout]).toEqual([2, ""]);
    expect(again.stderr).toContain("the unfinished run must be resumed with --resume, or removed");
    const other = await causalgate(["bench", "latency", ...smoke, "--report", folder, "--resume"]);
    expect(other.code).toBe(2);
    expect(other.stderr).toMatch(/bench --resume: command must be causalgate bench latency roof/);
    const seeded = await causalgate(["bench", ...command, "--resume", "--seed", "8"]);
    expect(seeded.stderr).toContain("bench --resume: seed must be 7, as when it began, got 8");
  });

  test("keeps its samples, and measures the rest", async () => {
    const { code, stderr } = await causalgate(["bench", ...command, "--resume"]);
    expect(code, stderr).toBe(0);
    expect(existsSync(place)).toBe(false);
    const samples = await readSamples(join(folder, "samples.csv"));
    expect(samples.slice(0, kept.length)).toEqual(kept);
    expect(new Set(samples.map(({ run_id }) => run_id)).size).toBe(1);
    expect(new Set(samples.map(({ process_id }) => process_id))).toEqual(new Set([0, 1, null]));
  });

  test("is compared with an earlier one", async () => {
    const base = join(folder, "samples.csv");
    const now = join(scratch, "now");
    const parameters = ["latency", "roof", ...smoke, "--report", now, "--compare", base];
    const { code, stdout } = await causalgate(["bench", ...parameters]);
    expect(stdout).toMatch(/^Against the base run: \d+ /m);
    const rows = await rowsOf(now, "compare");
    expect(rows.map(({ task }) => task)).not.toContain("roof");
    expect(rows.every(({ tokens_identical }) => tokens_identical === "true")).toBe(true);
    const [{ run_id }] = await rowsOf(folder, "samples");
    expect(rows.every((row) => row.base_run_id === run_id)).toBe(true);
    expect(code).toBe(rows.some(({ verdict }) => verdict === "slower") ? 1 : 0);
  });
});

describe("invalid input ends with exit code 2, a reason, and no files", () => {
  const folder = join(scratch, "refused");
  test.concurrent.for([
    [
      "an unknown benchmark",
      ["speed"],
      "'speed' is invalid for argument 'NAME'. Allowed choices are latency",
    ],
    ["an unknown scale", ["--scale", "huge"], "Allowed choices are smoke, quick, full."],
    [
      "an unknown model",
      ["--model", "nosuch"],
      'must be a path, or a name that "causalgate summary"',
    ],
    [
      "a model that is too large",
      ["growth", "--model", "llama-2-7b", ...smoke],
      "llama-2-7b: the weights must take at most",
    ],
    ["a missing base", ["--compare", "nosuch.csv"], "no such file or directory, open 'nosuch.csv'"],
    [
      "a base that is another table",
      ["--compare", "package.json"],
      "package.json row 2: must be CSV",
    ],
  ] as const)("%s", async ([, parameters, message]) => {
    const { code, stdout, stderr } = await causalgate(["bench", ...parameters, "--report", folder]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
    expect(existsSync(folder)).toBe(false);
  });

  test("a folder that cannot be written loses the measurements, but no existing file", async () => {
    const file = join(scratch, "file");
    await writeFile(file, "as it was");
    const { code, stderr } = await causalgate(["bench", "roof", ...smoke, "--report", file]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/EEXIST|ENOTDIR/);
    expect(await readFile(file, "utf8")).toBe("as it was");
  });
});
