import { join } from "node:path";
import { peersTable } from "../src/bench/peers-table.ts";
import { runJob } from "../src/bench/run-bench.ts";
import type { Sample } from "../src/bench/sample.ts";
import { writeTable } from "../src/io/csv.ts";
import type { RunRecord } from "../src/io/run-record.ts";
import { grids, type PeerName, type PeerScale, peerJobs, peerModel } from "./peers.ts";
import { type Audit, audit } from "./peers-audit.ts";
import { peerRows } from "./peers-table.ts";

const worker = join(import.meta.dirname, "peers-worker.ts");

/**
 * Audits every peer on every model, times those that are right, and writes `peers.csv` into the
 * folder; resolves to its path.
 *
 * @param step called after each audit and each run
 */
export async function measurePeers(
  scale: PeerScale,
  folder: string,
  { run_id, seed }: RunRecord,
  step: () => void,
): Promise<string> {
  const audits: Audit[] = [];
  for (const name of grids[scale].models) {
    const model = peerModel(name, seed);
    for (const peer of grids[scale].peers) {
      audits.push(await audit(scale, peer, model));
      step();
    }
  }
  const able = audits.filter(({ status }) => status === "ok");
  const byModel = new Map(
    [...Map.groupBy(able, ({ model }) => model)].map(([model, of]) => [model, of.map(nameOf)]),
  );
  const samples: Sample[] = [];
  for (const job of peerJobs(scale, byModel, run_id, seed)) {
    samples.push(...(await runJob(job, step, worker)));
  }
  return writeTable(folder, peersTable, peerRows(samples, audits, run_id));
}

const nameOf = ({ peer }: Audit): PeerName => peer;

/** How many steps {@link measurePeers} takes, where all peers are able. */
export function peerSteps(scale: PeerScale): number {
  const { models, peers } = grids[scale];
  const every = new Map<string, readonly PeerName[]>(models.map((model) => [model, peers]));
  const jobs = peerJobs(scale, every, "", 0);
  const runs = jobs.flatMap(({ cells }) => cells).reduce((sum, { rounds }) => sum + rounds, 0);
  return models.length * peers.length + runs;
}
