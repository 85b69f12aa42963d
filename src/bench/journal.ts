import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole } from "../io/files.ts";
import { readJsonObject } from "../io/json.ts";
import type { RunRecord } from "../io/run-record.ts";
import type { Sample } from "./sample.ts";

/**
 * What an unfinished bench has measured, a file for each job, each written whole when its process
 * has ended. A bench that is killed at any moment loses the job under way and nothing else.
 */
export interface Journal {
  /** Of the first start, if it is resumed. */
  readonly record: RunRecord;
  /** The samples of a job: those of an earlier start, or those that `measure` resolves to, kept. */
  readonly keep: (index: number, measure: () => Promise<Sample[]>) => Promise<Sample[]>;
  /** Forgets everything: the tables hold it now. */
  readonly close: () => Promise<void>;
  /** The error of a bench that failed, with the way to go on if anything was kept. */
  readonly explain: (error: unknown) => unknown;
}

/** What must not change between the start of a bench and its end. */
const fixed = ["command", "seed", "node", "platform", "cpu", "cores", "git_commit"] as const;

/**
 * Starts a journal in the folder of the reports, or goes on with the one that is there.
 *
 * @throws {RangeError} when one is there and is not to be resumed, or is of another bench, or of
 *   another machine
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
