/** Small folders of generated reports. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { benchTables, writeBenchTables } from "../src/bench/bench-tables.ts";
import { demoTables, writeDemo } from "../src/courses/decoding-demo/demo.ts";
import { goldensTable } from "../src/golden/goldens-table.ts";
import { writeTable } from "../src/io/csv.ts";
import { writeWhole } from "../src/io/files.ts";
import { startRecord, writeRecord } from "../src/io/run-record.ts";
import { type RowOf, schemaVersion } from "../src/io/table.ts";
import { laws } from "../src/laws/index.ts";
import { enginesTable } from "../src/verify/engines-table.ts";
import { lawsTable } from "../src/verify/laws-table.ts";
import { configs, madeSamples } from "./made-samples.ts";

const run_id = "2026-01-02T03:04:05.678Z";

type LawRow = RowOf<typeof lawsTable>;

/** Cells that differ from those of a kept law. */
type Change = Partial<LawRow>;

/** Writes laws.csv: every law kept over 1,000 cases, except for the changes. */
export async function writeLaws(folder: string, changes: Readonly<Record<string, Change>> = {}) {
  const rows = laws.map(
    (law, i): LawRow => ({
      ...{
        schema_version: schemaVersion,
        run_id,
        subject: "reference",
        law: law.id,
        chapter: law.chapter ?? null,
        name: law.name,
      },
      ...{ statement: law.statement, catches: law.catches, status: "kept" as const },
      ...{
        reason: null,
        seed: 42,
        cases: 1000,
        large_cases: 90,
        reached: 500 + i,
        precondition: law.precondition.name,
      },
      ...{ floor: law.precondition.floor, time_ms: 100 + i, cases_per_s: 10_000 },
      ...{ worst_error: null, worst_allowed: null, error: null, replay: null },
      ...{ tolerance_share: null, tolerance_from: "of the arithmetic" as const },
      ...changes[law.id],
    }),
  );
  return writeTable(folder, lawsTable, rows);
}

export async function writeGoldens(folder: string, runId = run_id): Promise<string> {
  const row = {
    schema_version: schemaVersion,
    run_id: runId,
    fixture: "demo",
    by: "another engine",
    rows: 24,
    vocab: 256,
  };
  const errors = { largest_error: 1e-14, tolerance: 1e-9, status: "kept" } as const;
  return writeTable(folder, goldensTable, [{ ...row, ...errors }]);
}

async function writeEngines(folder: string): Promise<string> {
  const statuses = ["kept", "broken", "known failure", "not offered"] as const;
  const rows = ["one", "two", "three", "four", "five"].flatMap((engine) =>
    statuses.map((status, i) => ({
      ...{ engine, version: "1.2.3", arithmetic: "float32", law: laws[i].id },
      ...{ status: engine === "one" ? ("kept" as const) : status, cases: 10, reached: 9 },
      ...{ largest_error: 1e-6, tolerance: 1e-5, run_id },
      tolerance_from: engine === "two" ? ("overridden" as const) : ("of the arithmetic" as const),
    })),
  );
  return writeTable(folder, enginesTable, rows);
}

/** Writes the tables of a bench with generated times. */
export async function writeBench(folder: string): Promise<string[]> {
  const samples = madeSamples({ processes: 3, rounds: 2 });
  return writeBenchTables(folder, samples, benchTables(samples, configs));
}

/** Copies the published mutants, the first `most` of them, into the folder. */
export async function writeMutants(folder: string, most: number): Promise<string[]> {
  const paths: string[] = [];
  for (const file of ["mutants.csv", "kill-matrix.csv"]) {
    const text = await readFile(join("reports/published", file), "utf8");
    const lines = parse(text, { raw: true }) as unknown as { raw: string }[];
    const path = join(folder, file);
    const kept = lines.slice(0, most + 1).map(({ raw }) => raw);
    await writeWhole(path, kept.join(""));
    paths.push(path);
  }
  return paths;
}

/** Writes every table that the page shows, and the run.json of a run that wrote them all. */
export async function writeReports(folder: string, mutants: number): Promise<void> {
  const files = [
    await writeLaws(folder, {
      "definition-equality": { worst_error: 6.1e-14, worst_allowed: 1.9e-12 },
    }),
    await writeGoldens(folder),
    await writeEngines(folder),
    ...(await writeMutants(folder, mutants)),
    ...(await writeDemo(folder, await demoTables(42))),
    ...(await writeBench(folder)),
  ];
  await writeRecord(folder, { ...(await startRecord("npm test", 42)), run_id }, files);
}
