/**
 * `npm run bench`: the full benchmarks of the command line, then the rates, which are this
 * project's own promises. `npm run bench -- --scale smoke` ends in seconds.
 */
import { Command, Option } from "commander";
import { $ } from "zx";
import { reportOption, seedOption } from "../src/cli/options.ts";
import { startProgress } from "../src/io/progress.ts";
import { startRecord, writeRecord } from "../src/io/run-record.ts";
import { measurePeers, peerSteps } from "./measure-peers.ts";
import { measureAllRates, type RateScale, rateSteps } from "./rates.ts";

interface Options {
  readonly scale: RateScale;
  readonly seed: number;
  readonly report: string;
  readonly ratesOnly?: true;
  readonly peers?: true;
}

const scale = new Option("--scale <SCALE>", "seconds, or about half an hour");

await new Command("npm run bench --")
  .description("measure, check what was measured, and write CSV tables")
  .addOption(scale.choices(["smoke", "full"]).default("full"))
  .option("--rates-only", "only rates.csv")
  .option("--peers", "only peers.csv: the same models on other engines, those that are installed")
  .addOption(seedOption())
  .addOption(reportOption())
  .action(async ({ scale, seed, report, ratesOnly, peers }: Options) => {
    if (peers) return benchPeers(scale, seed, report);
    const record = await startRecord(`npm run bench -- --scale ${scale}`, seed);
    const progress = startProgress("rates", rateSteps(scale));
    const file = await measureAllRates(scale, report, record, progress.step);
    progress.stop();
    await writeRecord(report, record, [file]);
    console.log(`written: ${file}`);
    if (ratesOnly) return;
    const command = new URL("../src/cli/main.ts", import.meta.url).pathname;
    const options = ["--scale", scale, "--seed", String(seed), "--report", report];
    await $({ stdio: "inherit" })`${process.execPath} ${command} bench ${options}`;
  })
  .parseAsync();

async function benchPeers(scale: RateScale, seed: number, report: string): Promise<void> {
  const record = await startRecord(`npm run bench -- --peers --scale ${scale}`, seed);
  const progress = startProgress("peers", peerSteps(scale));
  const file = await measurePeers(scale, report, record, () => progress.step());
  progress.stop();
  await writeRecord(report, record, [file]);
  console.log(`written: ${file}`);
}
