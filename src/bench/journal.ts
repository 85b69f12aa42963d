import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole } from "../io/files.ts";
import { readJsonObject } from "../io/json.ts";
import type { RunRecord } from "../io/run-record.ts";
import type { Sample } from "./sample.ts";

/**
 * The samples of an unfinished bench, one file for each job, written when its process has ended. A
 * bench that is killed loses only the job in progress.
 */
export interface Journal {
  /** The record of the first start. */
  readonly record: RunRecord;
  /** Returns the stored samples of a job, or stores and returns those of `measure`. */
  readonly keep: (index: number, measure: () => Promise<Sample[]>) => Promise<Sample[]>;
  /** Removes all files, after the tables were written. */
  readonly close: () => Promise<void>;
  /** Returns the error of a failed bench, with the way to resume it if any samples are stored. */
  readonly explain: (error: unknown) => unknown;
}

/** Fields that must not change between the start of a bench and its end. */
const fixed = [
  "command",
  "version",
  "seed",
  "node",
  "platform",
  "cpu",
  "cores",
  "git_commit",
] as const;

/**
 * Starts a journal in the folder of the reports, or continues the existing one.
 *
 * @throws {RangeError} if one exists and `resume` is false, or if it belongs to another bench or
 *   machine
 */
export async function openJournal(
  folder: string,
  record: RunRecord,
  resume: boolean,
): Promise<Journal> {
  const place = join(folder, "unfinished-bench");
  const head = join(place, "run.json");
  const isThere = existsSync(head);
  if (isThere && !resume) {
    const must = "must be resumed with --resume, or removed";
    throw new RangeError(`bench: the unfinished bench ${must}, got one in ${place}`);
  }
  const begun = isThere ? ((await readJsonObject(head)) as unknown as RunRecord) : record;
  for (const field of fixed) {
    if (begun[field] === record[field]) continue;
    const must = `${field} must be ${begun[field]}, as when it began`;
    throw new RangeError(`bench --resume: ${must}, got ${record[field]}`);
  }
  const keep: Journal["keep"] = async (index, measure) => {
    const file = join(place, `${index}.json`);
    if (existsSync(file)) return JSON.parse(await readFile(file, "utf8"));
    const samples = await measure();
    await writeWhole(head, JSON.stringify(begun));
    await writeWhole(file, JSON.stringify(samples));
    return samples;
  };
  const explain = (error: unknown) => {
    if (!existsSync(head) || !(error instanceof Error)) return error;
    const rest = `what was measured is kept in ${place}, and --resume goes on from there`;
    return new Error(`${error.message}; ${rest}`, { cause: error });
  };
  const close = () => rm(place, { recursive: true, force: true });
  return { record: begun, keep, close, explain };
}
