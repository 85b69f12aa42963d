import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { cpus, loadavg, totalmem } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { writeWhole } from "../files.ts";
import { sha256 } from "../verify/golden.ts";

/** One run of the tool: everything that its tables do not say and a reader needs to repeat them. */
export interface RunRecord {
  /** The start, in UTC; names the run in every row of its tables. */
  readonly run_id: string;
  readonly command: string;
  readonly seed: number;
  readonly node: string;
  readonly v8: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memory_bytes: number;
  /** Of the last minute, when the run started: what else the machine was doing. */
  readonly load_average: number;
  /** How the processor chooses its frequency; null where the system does not say. */
  readonly governor: string | null;
  /** Null outside git; `git_dirty` says whether files differed from the commit. */
  readonly git_commit: string | null;
  readonly git_dirty: boolean | null;
}

const governorFile = "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor";

/** The record of a run that starts now. */
export async function startRecord(command: string, seed: number): Promise<RunRecord> {
  const status = await git("status", "--porcelain");
  return {
    run_id: new Date().toISOString(),
    command,
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

/** Writes `run.json` into the folder: the record, and the SHA-256 of every file of the run. */
export async function writeRecord(
  folder: string,
  record: RunRecord,
  files: readonly string[],
): Promise<void> {
  const hashes = await Promise.all(
    files.map(async (file) => [basename(file), sha256(await readFile(file))] as const),
  );
  const content = { ...record, sha256: Object.fromEntries(hashes) };
  await writeWhole(join(folder, "run.json"), `${JSON.stringify(content, null, 2)}\n`);
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
