/** `engines.csv`: which engine keeps which law, a row for every engine, version and law. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeCsv } from "../io/csv.ts";
import { engines } from "../report/schema/verdicts.ts";
import { tableRows } from "../report/tables.ts";
import type { Subject } from "../subjects/subject.ts";
import type { Report } from "./verify.ts";

type Row = Readonly<Record<string, string | number | null>>;

/** What a subject is called in tables, with the versions of what computes it. */
export async function engineOf({ name, noise, versions }: Subject) {
  const entries = Object.entries((await versions?.()) ?? {});
  const version = entries.map(([what, number]) => `${what} ${number}`).join(", ");
  const arithmetic = noise === null ? "float64" : (noise.name ?? "its own");
  return { engine: name, version: version === "" ? null : version, arithmetic };
}

/**
 * Writes a report's verdicts into the table of a folder. A row takes the place of that of the same
 * engine, version, arithmetic and law; all others stay.
 *
 * @returns the path of the table
 * @throws {RangeError} when the table that is there is damaged; it stays as it is
 */
export async function writeEngines(
  folder: string,
  runId: string,
  subject: Subject,
  { verdicts }: Report,
): Promise<string> {
  const path = join(folder, engines.file);
  const who = await engineOf(subject);
  const rows = verdicts.map(({ law, status, cases, reached, worst, failure }): Row => {
    const largest = failure?.largestError ?? worst?.error ?? null;
    const judged = { law: law.id, status, cases, reached };
    const errors = { largest_error: largest, tolerance: worst?.allowed ?? null };
    return { ...who, ...judged, ...errors, run_id: runId };
  });
  const known = new Set(rows.map(keyOf));
  const others = (await read(path)).filter((row) => !known.has(keyOf(row)));
  await writeCsv(path, engines.columns, [...others, ...rows].toSorted(byEngine));
  return path;
}

async function read(path: string): Promise<Row[]> {
  if (!existsSync(path)) return [];
  return tableRows(path, await readFile(path), engines) as unknown as Row[];
}

const keyOf = ({ engine, version, arithmetic, law }: Row) =>
  JSON.stringify([engine, version, arithmetic, law]);

/** Engines and their versions by name; within them, laws as they came: sorting keeps that order. */
function byEngine(a: Row, b: Row): number {
  const name = ({ engine, version }: Row) => `${engine} ${version}`;
  return name(a) < name(b) ? -1 : name(a) > name(b) ? 1 : 0;
}
