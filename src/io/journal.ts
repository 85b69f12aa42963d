import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole } from "./files.ts";
import { readJsonObject } from "./json.ts";
import type { RunRecord } from "./run-record.ts";

/**
 * The results of an unfinished run, one JSON file for each job, written when the job has ended. A
 * run that is killed loses only the jobs in progress.
 */
export interface Journal {
  /** The record of the first start. */
  readonly record: RunRecord;
  /** Returns the stored result of a job, or stores and returns that of `work`. */
  readonly keep: <Result>(index: number, work: () => Promise<Result>) => Promise<Result>;
  /** Removes all files, after the tables were written. */
  readonly close: () => Promise<void>;
  /** Returns the error of a failed run, with the way to resume it if any result is stored. */
  readonly explain: (error: unknown) => unknown;
}

/** Fields that must not change between the start of a run and its end. */
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
 * @param name of the command, in errors and in the name of the folder
 * @throws {RangeError} if one exists and `resume` is false, or if it belongs to another run or
 *   machine
 */
export async function openJournal(
  folder: string,
  name: string,
  record: RunRecord,
  resume: boolean,
): Promise<Journal> {
  const place = join(folder, `unfinished-${name}`);
  const head = join(place, "run.json");
  const isThere = existsSync(head);
  if (isThere && !resume) {
    const must = "must be resumed with --resume, or removed";
    throw new RangeError(`${name}: the unfinished run ${must}, got one in ${place}`);
  }
  const begun = isThere ? ((await readJsonObject(head)) as unknown as RunRecord) : record;
  for (const field of fixed) {
    if (begun[field] === record[field]) continue;
    const must = `${field} must be ${begun[field]}, as when it began`;
    throw new RangeError(`${name} --resume: ${must}, got ${record[field]}`);
  }
  const keep: Journal["keep"] = async (index, work) => {
    const file = join(place, `${index}.json`);
    if (existsSync(file)) return JSON.parse(await readFile(file, "utf8"));
    const result = await work();
    await writeWhole(head, JSON.stringify(begun));
    await writeWhole(file, JSON.stringify(result));
    return result;
  };
  const explain = (error: unknown) => {
    if (!existsSync(head) || !(error instanceof Error)) return error;
    const rest = `what is finished is kept in ${place}, and --resume goes on from there`;
    return new Error(`${error.message}; ${rest}`, { cause: error });
  };
  const close = () => rm(place, { recursive: true, force: true });
  return { record: begun, keep, close, explain };
}
