import { join } from "node:path";
import { peersTable } from "../src/bench/peers-table.ts";
import { runWorker } from "../src/bench/run-bench.ts";
import { writeTable } from "../src/io/csv.ts";
import type { RunRecord } from "../src/io/run-record.ts";
import { seededRandom } from "../src/math/random.ts";
import { type PeerGrid, type PeerName, type PeerScale, peerGrids, peerModel } from "./peers.ts";
import { type Audit, audit } from "./peers-audit.ts";
import { peerRows } from "./peers-table.ts";
import { type PeerJob, type PeerTiming, timingCount } from "./time-peers.ts";

const worker = join(import.meta.dirname, "peers-worker.ts");

/**
 * Audits every peer on every model, times those that are right, and writes `peers.csv` into the
 * folder.
 *
 * @param step called after each audit and each timed call
 * @returns the path
 */
export async function measurePeers(
  scale: PeerScale,
  folder: string,
  { run_id, seed }: RunRecord,
  step: () => void,
): Promise<string> {
  const audits: Audit[] = [];
  for (const name of peerGrids[scale].models) {
    const model = peerModel(name, seed);
    for (const peer of peerGrids[scale].peers) {
      audits.push(await audit(scale, peer, model));
      step();
    }
  }
  const able = Map.groupBy(
    audits.filter(({ status }) => status === "ok"),
    ({ model }) => model,
  );
  const timings: PeerTiming[] = [];
  for (const job of peerJobs(scale, (model) => able.get(model)?.map(nameOf) ?? [], seed)) {
    await runWorker<PeerTiming>(worker, job, (timing) => {
      timings.push(timing);
      step();
    });
  }
  return writeTable(folder, peersTable, peerRows(timings, audits, run_id));
}

const nameOf = ({ peer }: Audit): PeerName => peer;

/** Returns the number of steps of {@link measurePeers} if all peers are able. */
export function peerSteps(scale: PeerScale): number {
  const { models, peers } = peerGrids[scale];
  const jobs = peerJobs(scale, () => peers, 0);
  return models.length * peers.length + jobs.reduce((sum, job) => sum + timingCount(job), 0);
}

/** Returns the jobs of a run: in every process every model on all of its able peers. */
export function peerJobs(
  scale: PeerScale,
  ableFor: (model: string) => readonly PeerName[],
  dataSeed: number,
): PeerJob[] {
  const random = seededRandom(dataSeed);
  const { processes, models }: PeerGrid = peerGrids[scale];
  return Array.from({ length: processes }, (_, process) =>
    models.map((model): PeerJob => {
      const orderSeed = Math.floor(random() * 2 ** 32);
      return { scale, model, peers: ableFor(model), process, dataSeed, orderSeed };
    }),
  ).flat();
}
