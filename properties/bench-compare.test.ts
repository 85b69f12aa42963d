/** The tables of a bench as files, and a run compared with an earlier one. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { benchTables, writeBenchTables } from "../src/bench/bench-tables.ts";
import { compareRows, compareTable } from "../src/bench/compare-table.ts";
import { latencyTable } from "../src/bench/latency-table.ts";
import { type Sample, samplesTable } from "../src/bench/sample.ts";
import { readSamples } from "../src/bench/samples.ts";
import { csvText } from "../src/io/csv.ts";
import { normal, seededRandom } from "../src/math/random.ts";
import { configs, idealMs, madeSamples, noisy } from "./made-samples.ts";
import { scratchFolder } from "./scratch.ts";
import { seed } from "./support.ts";

describe("a run compared with an earlier one", () => {
  const base = madeSamples({ timeMs: noisy() });
  const verdicts = (timeMs: (sample: Sample) => number) => {
    const rows = compareRows(madeSamples({ timeMs }), base);
    expect(Object.keys(rows[0])).toEqual(Object.keys(compareTable.columns));
    return Map.groupBy(rows, ({ verdict }) => verdict);
  };
  const random = seededRandom(seed + 1);
  const again = (factor: (sample: Sample) => number = () => 1) => {
    return (sample: Sample) => idealMs(sample) * factor(sample) * Math.exp(0.005 * normal(random));
  };

  test("is not slower than itself", () => {
    const same = verdicts(again());
    expect([...same.keys()].filter((verdict) => verdict !== "equivalent")).toEqual([]);
  });

  test("is slower only where it takes 10 % longer", () => {
    const slower = verdicts(again(({ mode }) => (mode === "cached" ? 1.1 : 1)));
    const modes = new Set(slower.get("slower")!.map(({ mode }) => mode));
    expect(modes).toEqual(new Set(["cached"]));
    expect(slower.get("equivalent")!.every(({ mode }) => mode === "naive")).toBe(true);
    expect(slower.size).toBe(2);
  });

  test("has no verdict if the machine itself has changed", () => {
    expect([...verdicts(again(() => 1.1)).keys()]).toEqual(["void_control_moved"]);
  });
});

describe("files", () => {
  const folder = scratchFolder();
  const path = join(folder, "samples.csv");

  test("every table is derived again from samples.csv", async () => {
    const samples = madeSamples({ timeMs: noisy() });
    const tables = benchTables(samples, configs);
    await writeBenchTables(folder, samples, tables);
    const read = await readSamples(path);
    expect(read).toEqual(samples);
    expect(csvText(latencyTable, benchTables(read, configs).latency)).toBe(
      await readFile(join(folder, "latency.csv"), "utf8"),
    );
    for (const table of ["samples", "latency", "ratios", "growth", "flops"]) {
      const text = await readFile(join(folder, `${table}.csv`), "utf8");
      expect(text.match(/NaN|Infinity|undefined|null|\r/)).toBe(null);
    }
  });

  test("an incomplete line, and a word instead of a number, are refused with their location", async () => {
    const text = csvText(samplesTable, madeSamples({ processes: 1, rounds: 1 }));
    const lines = text.trimEnd().split("\n");
    const refused = async (content: string, message: string | RegExp) => {
      await writeFile(path, content);
      await expect(readSamples(path)).rejects.toThrow(message);
    };
    const columns = Object.keys(samplesTable.columns);
    const torn = `there must be ${columns.length} cells, got 6`;
    await refused(`${text}${lines.at(-1)!.split(",").slice(0, 6)}`, torn);
    const at = (column: keyof Sample, cell: string) => {
      const cells = lines[2].split(",");
      cells[columns.indexOf(column)] = cell;
      return [...lines.slice(0, 2), cells.join(), ...lines.slice(3)].join("\n");
    };
    await refused(
      at("t_ns", "soon"),
      `${path} row 3, column t_ns: must be a number or blank, got "soon"`,
    );
    await refused(
      at("t_ns", ""),
      /row 3: a sample must have a time above 0, a process and a round, got t_ns null,/,
    );
    await refused(at("task", "nap"), /row 3, column task: must be one of prefill, .*, got "nap"$/);
    await refused(at("status", "fine"), /row 3, column status: must be one of ok, .*, got "fine"$/);
    await refused(at("schema_version", "1"), /row 3, column schema_version: must be 2, got "1"$/);
    await refused("", `${path}: must have a header, got an empty file`);
  });

  test("another table is refused", async () => {
    await expect(readSamples(join(folder, "latency.csv"))).rejects.toThrow(
      'latency.csv row 1, column 3: must be process_id, got "model"',
    );
  });
});
