/**
 * `npm run benchmarks`: the measurements that are not commands of causalgate, because they are
 * about this repository: its own rates, the same models on other engines, and all published
 * reports.
 */
import { Command, Option } from "commander";
import { reportOption, seedOption } from "../src/cli/options.ts";
import { runProgram } from "../src/cli/run-program.ts";
import { startProgress } from "../src/io/progress.ts";
import { type RunRecord, startRecord, writeRecord } from "../src/io/run-record.ts";
import { measurePeers, peerSteps } from "./measure-peers.ts";
import { publishCommand } from "./publish/command.ts";
import { resultsCommand } from "./publish/results.ts";
import { measureAllRates, type RateScale, rateSteps } from "./rates.ts";

interface Options {
  readonly scale: RateScale;
  readonly seed: number;
  readonly report: string;
}

/** A measurement that writes one table into a folder, and returns its path. */
interface Measurement {
  readonly description: string;
  readonly steps: (scale: RateScale) => number;
  readonly measure: (
    scale: RateScale,
    folder: string,
    record: RunRecord,
    step: () => void,
  ) => Promise<string>;
}

const measurements: Readonly<Record<string, Measurement>> = {
  rates: {
    description: "rates.csv: decoding against a bare dot product, and cases of each law per second",
    steps: rateSteps,
    measure: measureAllRates,
  },
  peers: {
    description: "peers.csv: the same models on other engines, those that are installed",
    steps: peerSteps,
    measure: measurePeers,
  },
};

const program = new Command("npm run benchmarks --").description(
  "measure what belongs to this repository; causalgate bench measures models",
);
for (const [name, measurement] of Object.entries(measurements)) {
  program.addCommand(measurementCommand(name, measurement));
}

program.addCommand(publishCommand());
program.addCommand(resultsCommand());

await runProgram(program);

function measurementCommand(name: string, { description, steps, measure }: Measurement): Command {
  return new Command(name)
    .description(description)
    .addOption(
      new Option("--scale <SCALE>", "seconds, or minutes")
        .choices(["smoke", "full"])
        .default("full"),
    )
    .addOption(seedOption())
    .addOption(reportOption())
    .action(async ({ scale, seed, report }: Options) => {
      const record = await startRecord(`npm run benchmarks -- ${name} --scale ${scale}`, seed);
      const progress = startProgress(name, steps(scale));
      const file = await measure(scale, report, record, () => progress.step());
      progress.stop();
      await writeRecord(report, record, [file]);
      console.log(`written: ${file}`);
    });
}
