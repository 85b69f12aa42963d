import { readFile } from "node:fs/promises";
import { parse } from "csv-parse/sync";
import { type Sample, samplesColumns, tasks } from "./sample.ts";

/** What is text in samples.csv; `true` or `false`; all else is a number. */
const texts: readonly string[] = [
  "run_id",
  "arm",
  "model",
  "task",
  "mode",
  "dtype",
  "token_digest",
  "status",
  "error",
] satisfies (keyof Sample)[];
const booleans: readonly string[] = ["process_label_swap"] satisfies (keyof Sample)[];
const statuses = ["ok", "mismatch", "too_long", "not_run"];

/**
 * The samples of an earlier run.
 *
 * @throws {RangeError} when the file is no samples.csv of this version, naming file and line
 */
export async function readSamples(path: string): Promise<Sample[]> {
  const records = await readRecords(path);
  const [header, ...lines] = records;
  if (header?.join() !== samplesColumns.join()) {
    const got = header?.slice(0, 4).join() ?? "an empty file";
    throw new RangeError(`${path}: the header must be that of samples.csv, got ${got}`);
  }
  return lines.map((fields, i) => sampleOf(fields, `${path}: line ${i + 2}:`));
}

async function readRecords(path: string): Promise<string[][]> {
  const text = await readFile(path, "utf8");
  try {
    return parse(text);
  } catch (error) {
    throw new RangeError(`${path}: must be CSV: ${(error as Error).message}`, { cause: error });
  }
}

function sampleOf(fields: readonly string[], who: string): Sample {
  const cells = samplesColumns.map((column, i) => [column, cellOf(column, fields[i], who)]);
  const sample: Sample = Object.fromEntries(cells);
  if (sample.schema_version !== 1) {
    throw new RangeError(`${who} schema_version must be 1, got ${sample.schema_version}`);
  }
  if (!tasks.includes(sample.task)) {
    throw new RangeError(`${who} task must be one of ${tasks.join(", ")}, got ${sample.task}`);
  }
  if (!statuses.includes(sample.status)) {
    throw new RangeError(
      `${who} status must be one of ${statuses.join(", ")}, got ${sample.status}`,
    );
  }
  const isRun = sample.status === "ok" || sample.status === "mismatch";
  if (isRun && !(sample.t_ns! > 0 && sample.process_id !== null && sample.round !== null)) {
    throw new RangeError(`${who} a sample must have a process, a round and a time, got ${fields}`);
  }
  return sample;
}

function cellOf(column: string, text: string, who: string): string | number | boolean | null {
  if (text === "") return null;
  if (texts.includes(column)) return text;
  if (booleans.includes(column)) return text === "true";
  const value = Number(text);
  if (Number.isFinite(value)) return value;
  throw new RangeError(`${who} ${column} must be a number, got ${text}`);
}
