/** `engines.csv`: which engine keeps which law, a row for every engine, version and law. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { readTable, writeTable } from "../io/csv.ts";
import { defineTable, integer, number, oneOf, orBlank, type RowOf, text } from "../io/table.ts";
import type { Subject } from "../subjects/subject.ts";
import { lawStatuses } from "./run-law.ts";
import { toleranceSources } from "./tolerance-share.ts";
import type { Report } from "./verify.ts";

export const enginesTable = defineTable({
  file: "engines.csv",
  command: "npx causalgate verify --subject onnxruntime",
  about: "The result of the latest run of one law on one version of an engine.",
  columns: {
    engine: text("name of the subject"),
    version: orBlank(text("versions of the packages that compute")),
    arithmetic: text("number format of the computation"),
    law: text("id of the law"),
    status: oneOf(lawStatuses, "result of the law"),
    cases: integer("cases tried"),
    reached: integer("cases that met the precondition"),
    largest_error: orBlank(number("largest error of a logit")),
    tolerance: orBlank(number("tolerance of the case that came nearest to it")),
    tolerance_from: orBlank(oneOf(toleranceSources, "source of the tolerance")),
    run_id: text("start of the run in UTC"),
  },
});

/** The command that installs the engine of the table's command, outside a clone. */
export const enginesPackage = "npm install onnxruntime-node";

type EngineRow = RowOf<typeof enginesTable>;

/** The name of a subject in tables, its versions and its arithmetic. */
export type Engine = Pick<EngineRow, "engine" | "version" | "arithmetic">;

/** Returns the name of a subject in tables, its versions and its arithmetic. */
export async function engineOf(subject: Subject): Promise<Engine> {
  const { name, versions } = subject;
  const noise = subject.kind === "choice" ? null : subject.noise;
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
  who: Engine,
  { verdicts }: Report,
): Promise<string> {
  const path = join(folder, enginesTable.file);
  const rows = verdicts.map(
    ({ law, status, cases, reached, worst, failure, tolerance }): EngineRow => {
      const largest = failure?.largestError ?? worst?.error ?? null;
      const judged = { law: law.id, status, cases, reached };
      const errors = { largest_error: largest, tolerance: worst?.allowed ?? null };
      const source = { tolerance_from: tolerance };
      return { ...who, ...judged, ...errors, ...source, run_id: runId };
    },
  );
  const known = new Set(rows.map(keyOf));
  const before = existsSync(path) ? await readTable(path, enginesTable) : [];
  const others = before.filter((row) => !known.has(keyOf(row)));
  return writeTable(folder, enginesTable, [...others, ...rows].toSorted(byEngine));
}

/**
 * Replaces the rows of some engines in the table of a folder by those of other folders' tables, of
 * whatever version they are; rows of other engines are kept.
 *
 * @returns the path, and the names of the engines that were replaced and of those that were kept
 * @throws {RangeError} if one of the tables is damaged; nothing is written
 */
export async function replaceEngines(
  from: readonly string[],
  to: string,
): Promise<{ path: string; replaced: string[]; kept: string[] }> {
  const tables = from.map((folder) => readTable(join(folder, enginesTable.file), enginesTable));
  const rows = (await Promise.all(tables)).flat();
  const path = join(to, enginesTable.file);
  const replaced = new Set(rows.map(({ engine }) => engine));
  const before = existsSync(path) ? await readTable(path, enginesTable) : [];
  const others = before.filter(({ engine }) => !replaced.has(engine));
  await writeTable(to, enginesTable, [...others, ...rows].toSorted(byEngine));
  return { path, replaced: [...replaced], kept: [...new Set(others.map(({ engine }) => engine))] };
}

const keyOf = ({ engine, version, arithmetic, law }: EngineRow) =>
  JSON.stringify([engine, version, arithmetic, law]);

/** Engines and their versions by name; within them, laws as they came: sorting keeps that order. */
function byEngine(a: EngineRow, b: EngineRow): number {
  const name = ({ engine, version }: EngineRow) => `${engine} ${version}`;
  return name(a) < name(b) ? -1 : name(a) > name(b) ? 1 : 0;
}
