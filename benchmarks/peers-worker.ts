/** One process of the peers: measures the job that it is given as JSON, a line for each run. */
import { measure } from "../src/bench/measure.ts";
import type { Job } from "../src/bench/sample.ts";
import { armParts, peerModel, peersWorkload } from "./peers.ts";

try {
  const job: Job = JSON.parse(process.argv[2]);
  const names = [...new Set(job.cells.map(({ mode }) => armParts(mode).peer))];
  const workload = peersWorkload(peerModel(job.source, job.dataSeed), names);
  for await (const run of measure(job, workload)) console.log(JSON.stringify(run));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
