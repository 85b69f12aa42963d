/** Every written table is read again; a damaged one is refused with the location. */
import { globSync, readFileSync } from "node:fs";
import { cp, mkdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { benchTables } from "../src/bench/bench-tables.ts";
import { compareRows } from "../src/bench/compare-table.ts";
import { kvMemoryRow } from "../src/cost/kv-memory-table.ts";
import { memoryRows } from "../src/cost/memory-table.ts";
import { paramsRows } from "../src/cost/params-table.ts";
import { demoTables } from "../src/courses/decoding-demo/demo.ts";
import { csvText, parseTable, readTable } from "../src/io/csv.ts";
import { startRecord, writeRecord } from "../src/io/run-record.ts";
import { type AnyRow, meaningOf, type TableSchema, typeOf } from "../src/io/table.ts";
import { namedModel } from "../src/model/named/registry.ts";
import { schemas, type TableName } from "../src/report/schemas.ts";
import { readTables } from "../src/report/tables.ts";
import { causalgate } from "./command.ts";
import { configs, madeSamples, noisy } from "./made-samples.ts";
import { scratchFolder } from "./scratch.ts";
import { property, seed } from "./support.ts";

const scratch = scratchFolder();
const published = join(import.meta.dirname, "../reports/published");
const bytesOf = (text: string) => new TextEncoder().encode(text);

const columnsOf = (name: TableName) => Object.keys(schemas[name].columns);
const write = (name: TableName, rows: readonly AnyRow[]) =>
  csvText<TableSchema>(schemas[name], rows);
const read = (name: TableName, text: string): AnyRow[] =>
  parseTable<TableSchema>(schemas[name].file, bytesOf(text), schemas[name]);

/** The tables of a generated bench, of the cost model, and of the demo. */
async function madeTables(): Promise<Partial<Record<TableName, readonly AnyRow[]>>> {
  const samples = madeSamples({ processes: 2, rounds: 3, timeMs: noisy() });
  const { roofs, ...bench } = benchTables(samples, configs);
  const model = namedModel("llama-3-8b");
  const serving = { weightBytesPerElement: 2, kvBytesPerElement: 2, deviceBytes: 80e9 };
  return {
    ...(await demoTables(seed)),
    ...bench,
    samples: samples.map((sample) => ({ ...sample })),
    compare: compareRows(samples, madeSamples({ processes: 2, rounds: 3 })),
    params: paramsRows(model, "made up"),
    memory: memoryRows(model, { context: 1024, batch: 4, bytesPerElement: 2 }),
    kvMemory: [1, 3].map((tensorParallel) =>
      kvMemoryRow(model, { ...serving, tensorParallel, context: 1024 }),
    ),
  };
}

const tables = await madeTables();
const texts = new Map(
  Object.entries(tables).map(([name, rows]) => [name as TableName, write(name as TableName, rows)]),
);

describe("schemas", () => {
  test("have a type and a meaning for every column, and a file for each table", () => {
    const types = /^(\d+|text|a number|an integer|true or false|one of .+)( or blank)?$/;
    for (const { file, columns } of Object.values<TableSchema>(schemas)) {
      for (const [name, column] of Object.entries(columns)) {
        expect(typeOf(column), `${file} ${name}`).toMatch(types);
        expect(meaningOf(column), `${file} ${name}`).toMatch(/^\w.*[^.]$/);
      }
    }
    const files = Object.values(schemas).map(({ file }) => file);
    expect(new Set(files).size).toBe(files.length);
  });

  test.for([...texts.keys()])("%s is read as it was written", (name) => {
    const rows = tables[name]!;
    const isNothing = (cell: unknown) => typeof cell === "number" && !Number.isFinite(cell);
    const said = (cell: unknown) => (cell === null || isNothing(cell) ? null : String(cell));
    const expected = rows.map((row) => columnsOf(name).map((column) => said(row[column])));
    const actual = read(name, texts.get(name)!).map((row) => Object.values(row).map(said));
    expect(actual).toEqual(expected);
    expect(rows.length).toBeGreaterThan(0);
  });

  const files = new Map(Object.values<TableSchema>(schemas).map((one) => [one.file, one]));

  test.for(globSync("**/*.csv", { cwd: published }))("the published %s is read", async (path) => {
    const schema = files.get(basename(path))!;
    expect((await readTable(join(published, path), schema)).length).toBeGreaterThan(0);
  });
});

describe("docs/tables.md", () => {
  test("lists every column of every table, as the command prints it", async () => {
    const { stdout } = await causalgate(["tables"]);
    const fix = "npx causalgate tables > docs/tables.md";
    expect(readFileSync("docs/tables.md", "utf8"), `record it again: ${fix}`).toBe(stdout);
    for (const { file, columns, command } of Object.values<TableSchema>(schemas)) {
      const section = stdout.split(`## ${file}\n`)[1].split("\n## ")[0];
      expect(section).toContain(`Written by \`${command}\``);
      const listed = [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
      expect(listed).toEqual(Object.keys(columns));
    }
  });
});

describe("commands", () => {
  const folder = join(scratch, "commands");

  test("write valid tables, and the runs that wrote them", async () => {
    const report = ["--report", folder];
    const assignment = ["assignment", "--mode", "benchmark"];
    const ended = [
      await causalgate([
        "verify",
        "--law",
        "prefix-invariance",
        "top-k-count",
        "--runs",
        "5",
        "--large",
        "1",
        ...report,
      ]),
      await causalgate(["demo", "--seed", "7", ...report]),
      await causalgate([...assignment, "--repeats", "1", "--new-tokens", "2", ...report]),
    ];
    for (const { code, stderr } of ended) expect(code, stderr).toBe(0);
    const { tables: found, runs } = await readTables(folder);
    expect(found.laws?.rows.map(({ law }) => law)).toEqual(["prefix-invariance", "top-k-count"]);
    expect(runs.map(({ command }) => command)).toEqual(["causalgate verify", "causalgate demo"]);
    expect(runs[1].seed).toBe(7);
    const files = Object.values(found).map(({ file }) => file);
    const written = runs.flatMap(({ sha256 }) => Object.keys(sha256));
    expect(written.filter((file) => file.endsWith(".csv")).toSorted()).toEqual(files.toSorted());
    const timed = await readTables(join(folder, "assignment"));
    expect(Object.keys(timed.tables).toSorted()).toEqual(["latency", "ratios", "samples"]);
  });
});

describe("a folder", () => {
  const folder = join(scratch, "folder");
  beforeAll(async () => {
    await mkdir(join(folder, "published"), { recursive: true });
    await cp(join(published, "mutants.csv"), join(folder, "published", "mutants.csv"));
    await writeFile(join(folder, "growth.csv"), `${columnsOf("growth").join()}\n`);
    await writeFile(join(folder, "flops.csv"), texts.get("flops")!);
    await writeRecord(folder, await startRecord("bench", 1), [join(folder, "flops.csv")]);
  });

  test("without a table, or with a table without rows, is read", async () => {
    const { tables: found, runs } = await readTables(folder);
    expect(Object.keys(found).toSorted()).toEqual(["flops", "mutants"]);
    expect(found.mutants?.file).toBe("published/mutants.csv");
    expect(runs.map(({ command }) => command)).toEqual(["bench"]);
  });

  test("that is empty or missing has no tables", async () => {
    expect(await readTables(join(scratch, "nowhere"))).toEqual({ tables: {}, runs: [] });
  });

  test("with a damaged table is refused by its path", async () => {
    const damaged = join(scratch, "damaged");
    await mkdir(damaged, { recursive: true });
    const path = join(damaged, "latency.csv");
    const [header, row, ...rest] = texts.get("latency")!.split("\n");
    const cells = row.split(",");
    cells[columnsOf("latency").indexOf("median_ms")] = "abc";
    await writeFile(path, [header, row, cells.join(), ...rest].join("\n"));
    const error = `${path} row 3, column median_ms: must be a number or blank, got "abc"`;
    await expect(readTables(damaged)).rejects.toThrow(new RangeError(error));
  });
});

describe("a table", () => {
  const header = columnsOf("forward").join();
  const good = texts.get("forward")!;

  test.for([
    ["of no bytes", "", "forward.csv: must have a header, got an empty file"],
    ["of blank lines", "\n\n", "forward.csv: must have a header, got an empty file"],
    ["of a header", header, "forward.csv: there must be at least one row, got only a header"],
    [
      "with another header",
      good.replace("symbols", "letters"),
      'forward.csv row 1, column 4: must be symbols, got "letters"',
    ],
    [
      "with a column too few",
      "schema_version,model",
      "forward.csv row 1, column 3: must be step, got none",
    ],
    [
      "with a column too many",
      good.replace("numbers", "numbers,bytes"),
      'forward.csv row 1, column 7: must be absent, got "bytes"',
    ],
    [
      "with a cell too many",
      good.replace("demo,Embedding", "demo,Embedding,x"),
      "forward.csv row 3: there must be 6 cells, got 7",
    ],
    [
      "with a cell too few",
      good.replace(/,\d+\n/, "\n"),
      "forward.csv row 2: there must be 6 cells, got 5",
    ],
    [
      "with an open quote",
      `${header}\n1,"demo,x\n`,
      "forward.csv row 2: must be CSV: Quote Not Closed",
    ],
    [
      "of another version",
      good.replace("\n2,", "\n1,"),
      'forward.csv row 2, column schema_version: must be 2, got "1"',
    ],
    [
      "with half a number",
      good.replace(",10\n", ",10.5\n"),
      'forward.csv row 2, column numbers: must be an integer, got "10.5"',
    ],
    [
      "with a blank",
      good.replace(",Embedding,", ",,"),
      'forward.csv row 3, column step: must be text, got ""',
    ],
    [
      "of a page",
      "<!doctype html>",
      'forward.csv row 1, column 1: must be schema_version, got "<!doctype html>"',
    ],
  ])("%s is refused: %s", ([, text, error]) => {
    expect(() => read("forward", text)).toThrow(error);
  });

  test("that is not UTF-8 is refused", () => {
    const bytes = Uint8Array.of(0xff, 0xfe, 0x41);
    expect(() => parseTable("a.csv", bytes, schemas.forward)).toThrow(
      "a.csv: must be UTF-8, got other bytes",
    );
  });

  test("that is a matrix has the columns of its header, each once", () => {
    const matrix = "mutant,chapter,prefix-invariance,context-sensitivity\none,cache,,3\n";
    expect(read("killMatrix", matrix)).toEqual([
      { mutant: "one", chapter: "cache", "prefix-invariance": null, "context-sensitivity": 3 },
    ]);
    expect(() =>
      read("killMatrix", matrix.replace("context-sensitivity", "prefix-invariance")),
    ).toThrow(
      'kill-matrix.csv row 1: each column must have a different name, got "prefix-invariance" again',
    );
    expect(() => read("killMatrix", matrix.replace(",3", ",x"))).toThrow(
      'kill-matrix.csv row 2, column context-sensitivity: must be an integer or blank, got "x"',
    );
  });

  test("keeps text that a spreadsheet would execute", () => {
    const rows = [{ ...tables.forward![0], step: "=1+1" }];
    const text = write("forward", rows);
    expect(text).toContain("'=1+1");
    expect(read("forward", text)[0].step).toBe("=1+1");
  });

  /** Returns cells of generated tables whose type is not text. */
  const cell = fc.constantFrom(...texts.keys()).chain((name) => {
    const { columns }: TableSchema = schemas[name];
    const strict = columnsOf(name).filter((column) => !typeOf(columns[column]).startsWith("text"));
    const row = fc.nat({ max: Math.min(tables[name]!.length, 50) - 1 });
    return fc.record({ name: fc.constant(name), column: fc.constantFrom(...strict), row });
  });

  property(
    "with one wrong cell is refused by file, row and column",
    fc.record({
      cell,
      wrong: fc.constantFrom("abc", "1,5", "0x10", "NaN", "Infinity", "-", " 1", "1e999"),
    }),
    ({ cell: { name, column, row }, wrong }) => {
      const { file, columns }: TableSchema = schemas[name];
      const rows = tables[name]!.slice(0, row + 2).map((one, i) =>
        i === row ? { ...one, [column]: wrong } : one,
      );
      const place = `${file} row ${row + 2}, column ${column}: must be ${typeOf(columns[column])}, got`;
      expect(() => read(name, write(name, rows))).toThrow(place);
    },
    200,
  );
});
