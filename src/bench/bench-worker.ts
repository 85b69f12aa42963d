/**
 * One process of `causalgate bench`: measures the job in its first argument, JSON, and prints a
 * line of JSON for each run. On an error it prints the message and exits with 2.
 */
import { findConfig, findModel } from "../formats/find-model.ts";
import { referenceDecoder } from "../reference/reference-decoder.ts";
import { type MeasuredRun, measure } from "./measure.ts";
import { measureSampling } from "./measure-sampling.ts";
import type { Job } from "./sample.ts";
import { generationWorkload, roofWorkload } from "./workloads.ts";

async function* runsOf(job: Job): AsyncGenerator<MeasuredRun, void, void> {
  const { benchmark, source, dataSeed } = job;
  if (benchmark === "roof") return yield* measure(job, roofWorkload());
  if (benchmark === "filters") {
    const { config } = await findConfig(source);
    return yield* measureSampling(job, config);
  }
  const model = await findModel(source, dataSeed);
  const decoder = referenceDecoder(model.config, model.weights);
  yield* measure(job, generationWorkload(model, decoder));
}

// The parent has ended: no result can be delivered any more.
process.stdout.on("error", () => process.exit(2));

try {
  for await (const run of runsOf(JSON.parse(process.argv[2]))) console.log(JSON.stringify(run));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
