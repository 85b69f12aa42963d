import { readTable } from "../io/csv.ts";
import { type Sample, samplesTable } from "./sample.ts";

/**
 * Reads the samples of an earlier run.
 *
 * @throws {RangeError} if the file is not a samples.csv of this version, naming file and row
 */
export async function readSamples(path: string): Promise<Sample[]> {
  const samples = await readTable(path, samplesTable);
  for (const [i, { status, t_ns, process_id, round }] of samples.entries()) {
    const isRun = status === "ok" || status === "mismatch";
    if (!isRun || (t_ns !== null && t_ns > 0 && process_id !== null && round !== null)) continue;
    const got = `t_ns ${t_ns}, process_id ${process_id}, round ${round}`;
    const must = "a sample must have a time above 0, a process and a round";
    throw new RangeError(`${path} row ${i + 2}: ${must}, got ${got}`);
  }
  return samples;
}
