/**
 * One process of `causalgate bench`: measures the job that it is given as JSON, and prints a line
 * of JSON for each run. Exit code 2 and a message where it cannot.
 */

import { findConfig, findModel } from "../formats/find-model.ts";
import { referenceDecoder } from "../reference/reference-decoder.ts";
import { measure, type Workload } from "./measure.ts";
import type { Job } from "./sample.ts";
import { generationWorkload, roofWorkload, samplingWorkload } from "./workloads.ts";

async function workloadOf({ benchmark, source, dataSeed }: Job): Promise<Workload> {
  if (benchmark === "roof") return roofWorkload();
  if (benchmark === "filters") return samplingWorkload((await findConfig(source)).config, dataSeed);
  const model = await findModel(source, dataSeed);
  return generationWorkload(model, referenceDecoder(model.config, model.weights));
}

// Whoever asked for it is gone: nothing that comes now is kept.
process.stdout.on("error", () => process.exit(2));

try {
  const job: Job = JSON.parse(process.argv[2]);
  for await (const run of measure(job, await workloadOf(job))) {
    console.log(JSON.stringify(run));
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
