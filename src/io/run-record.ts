import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { cpus, loadavg, totalmem } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { sha256, writeWhole } from "./files.ts";
import { isObject, readJsonObject } from "./json.ts";
import { packageVersion } from "./package-files.ts";

/** One run: the information that its tables lack and a reader needs to repeat them. */
export interface RunRecord {
  /** Start in UTC, the name of the run in every row of its tables. */
  readonly run_id: string;
  readonly command: string;
  /** Version of causalgate; absent from records before 0.2.0. */
  readonly version?: string;
  readonly seed: number;
  readonly node: string;
  readonly v8: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memory_bytes: number;
  /** Load of the machine in the minute before the start. */
  readonly load_average: number;
  /** Frequency governor of the processor; null if the system does not report it. */
  readonly governor: string | null;
  /** Null outside git; `git_dirty` is true if files differed from the commit. */
  readonly git_commit: string | null;
  readonly git_dirty: boolean | null;
}

const governorFile = "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor";

/** Returns the record of a run that starts now. */
export async function startRecord(command: string, seed: number): Promise<RunRecord> {
  const status = await git("status", "--porcelain");
  return {
    run_id: new Date().toISOString(),
    command,
    version: packageVersion,
    seed,
    node: process.version,
    v8: process.versions.v8,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memory_bytes: totalmem(),
    load_average: loadavg()[0],
    governor: await readFile(governorFile, "utf8").then(
      (text) => text.trim(),
      () => null,
    ),
    git_commit: await git("rev-parse", "HEAD"),
    git_dirty: status === null ? null : status !== "",
  };
}

/** A run, and the SHA-256 of each of its files that no later run has replaced. */
export interface PastRun extends RunRecord {
  readonly sha256: Readonly<Record<string, string>>;
}

/**
 * Adds the run to `run.json` of the folder: `{ runs }`, newest last. A file belongs to the run that
 * wrote it last, so the origin of every file of several commands is known.
 *
 * @throws {RangeError} if an existing `run.json` is another file; it is not changed
 */
export async function writeRecord(
  folder: string,
  record: RunRecord,
  files: readonly string[],
): Promise<void> {
  const hashes = await Promise.all(
    files.map(async (file) => [basename(file), sha256(await readFile(file))] as const),
  );
  const run: PastRun = { ...record, sha256: Object.fromEntries(hashes) };
  const runs = (await readRuns(folder)).map((past) => ({
    ...past,
    sha256: Object.fromEntries(
      Object.entries(past.sha256).filter(([file]) => run.sha256[file] === undefined),
    ),
  }));
  const left = runs.filter(({ sha256 }) => Object.keys(sha256).length > 0);
  const content = JSON.stringify({ runs: [...left, run] }, null, 2);
  await writeWhole(join(folder, "run.json"), `${content}\n`);
}

/**
 * Returns the runs that wrote the files of a folder of reports, oldest first; none if it has no
 * `run.json`.
 *
 * @throws {RangeError} if `run.json` was not written by {@link writeRecord}
 */
export async function readRuns(folder: string): Promise<readonly PastRun[]> {
  const path = join(folder, "run.json");
  if (!existsSync(path)) return [];
  const { runs } = await readJsonObject(path);
  const isRun = (run: unknown) =>
    isObject(run) && typeof run.run_id === "string" && isObject(run.sha256);
  if (Array.isArray(runs) && runs.every(isRun)) return runs as PastRun[];
  const got = String(JSON.stringify(runs)).slice(0, 40);
  const must = "runs must be a list of { run_id, ..., sha256 }";
  throw new RangeError(`${path}: ${must}, got ${got}; move the file away`);
}

/** Returns the id of a run, `2026-11-22T11:17:46.239Z`, as `2026-11-22 11:17 UTC`. */
export function runTime(runId: string): string {
  const match = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)/.exec(runId);
  return match === null ? runId : `${match[1]} ${match[2]} UTC`;
}

async function git(...parameters: string[]): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)("git", parameters, {
      cwd: import.meta.dirname,
    });
    return stdout.trim();
  } catch {
    return null;
  }
}
