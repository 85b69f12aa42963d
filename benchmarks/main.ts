/** Runs the benchmarks: `npm run bench -- [NAME...] [--scale smoke|full] [--report DIR]`. */
import { Argument, Command, Option } from "commander";
import { reportOption, seedOption } from "../src/cli/options.ts";
import { type Progress, startProgress } from "../src/cli/progress.ts";
import { startRecord, writeRecord } from "../src/report/run-record.ts";
import type { Scale } from "./benchmark.ts";
import { latency } from "./latency.ts";
import { rates } from "./rates.ts";

const benchmarks = [rates, latency];
const names = benchmarks.map(({ name }) => name);

const scale = new Option("--scale <SCALE>", "smoke ends in seconds, full in about half an hour");

await new Command("npm run bench --")
  .description("measure, check what was measured, and write CSV tables")
  .addArgument(new Argument("[name...]", "which benchmarks").choices(names).default(names))
  .addOption(scale.choices(["smoke", "full"]).default("full"))
  .addOption(seedOption())
  .addOption(reportOption())
  .action(async (chosen: string[], options: { scale: Scale; seed: number; report: string }) => {
    const record = await startRecord(`npm run bench -- --scale ${options.scale}`, options.seed);
    const files: string[] = [];
    for (const { name, run } of benchmarks) {
      if (!chosen.includes(name)) continue;
      let bar: Progress | null = null;
      const start = (label: string, steps: number) => {
        bar = startProgress(label, steps);
      };
      const step = () => bar?.step();
      files.push(...(await run(options.scale, options.report, record, { start, step })));
      (bar as Progress | null)?.stop();
    }
    await writeRecord(options.report, record, files);
    for (const file of files) console.log(`written: ${file}`);
  })
  .parseAsync();
