/** Copying of a step's tables into the published folder. */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { compareKills, comparisonText, readKills } from "../../properties/mutants/compare.ts";
import { writeTogether } from "../../src/io/files.ts";
import { type RunRecord, readRuns, writeRecord } from "../../src/io/run-record.ts";
import { replaceEngines } from "../../src/verify/engines-table.ts";

/** Returns a function that copies all tables of a step but those of these names. */
export function copyTables(except: readonly string[] = []) {
  return async ([from]: readonly string[], to: string): Promise<string[]> => {
    const names = await readdir(from);
    const files = names.filter((name) => name.endsWith(".csv") && !except.includes(name)).sort();
    await copy(from, to, files);
    return [`published: ${files.join(", ")}`];
  };
}

/** Copies the tables of the mutants, and reports what they have lost since the published ones. */
export async function copyMutants(folders: readonly string[], to: string): Promise<string[]> {
  const [from] = folders;
  const file = "kill-matrix.csv";
  const lines = existsSync(join(to, file))
    ? comparisonText(
        compareKills(await readKills(join(to, file)), await readKills(join(from, file))),
      ).split("\n")
    : [];
  return [...lines, ...(await copyTables()(folders, to))];
}

/**
 * Merges the verdicts on some engines into `engines.csv`: all their rows are replaced, those of
 * other engines are kept as an earlier run wrote them, and the record of the run names both.
 */
export async function copyEngines(folders: readonly string[], to: string): Promise<string[]> {
  const { path, replaced, kept } = await replaceEngines(folders, to);
  const other = kept.length === 0 ? "" : `; kept from earlier runs: ${kept.join(", ")}`;
  const record = await recordOf(folders[0]);
  await writeRecord(
    to,
    { ...record, command: `${record.command} of ${replaced.join(", ")}${other}` },
    [path],
  );
  return [`published: ${replaced.join(", ")} in engines.csv${other}`];
}

async function copy(from: string, to: string, files: readonly string[]): Promise<void> {
  const contents = files.map(
    async (name) => [join(to, name), await readFile(join(from, name))] as const,
  );
  await writeTogether(await Promise.all(contents));
  const paths = files.map((name) => join(to, name));
  await writeRecord(to, await recordOf(from), paths);
}

/** The record of the run that wrote a step's folder. */
async function recordOf(folder: string): Promise<RunRecord> {
  const run = (await readRuns(folder)).at(-1);
  if (run === undefined) throw new RangeError(`${folder}: must hold run.json, got none`);
  const { sha256: _, ...record } = run;
  return record;
}
