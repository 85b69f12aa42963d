import { Argument, Command, Option } from "commander";
import { benchTables, writeBenchTables } from "../bench/bench-tables.ts";
import { benchText, compareText } from "../bench/bench-text.ts";
import { compareRows, compareTable } from "../bench/compare-table.ts";
import { type BenchmarkName, type BenchScale, benchmarks, grids } from "../bench/grids.ts";
import { type BenchRequest, type BenchResult, runBench } from "../bench/run-bench.ts";
import type { Sample } from "../bench/sample.ts";
import { readSamples } from "../bench/samples.ts";
import { writeTable } from "../io/csv.ts";
import { checkWritable } from "../io/files.ts";
import { type Journal, openJournal } from "../io/journal.ts";
import { aligned } from "../io/rows-text.ts";
import { startRecord, writeRecord } from "../io/run-record.ts";
import { growthTexts } from "../report/growth-text.ts";
import {
  examples,
  type FormatOptions,
  formatOption,
  jsonOption,
  reportOption,
  seedOption,
} from "./options.ts";
import { type Output, outputOf } from "./output.ts";

interface Options extends FormatOptions {
  readonly model?: readonly string[];
  readonly scale: BenchScale;
  readonly slow?: boolean;
  readonly resume?: boolean;
  readonly compare?: string;
  readonly seed: number;
  readonly report: string;
}

const names = Object.keys(benchmarks) as BenchmarkName[];

const shown = aligned(Object.entries(benchmarks).map(([name, shows]) => [`  ${name}`, shows]));

/** `causalgate bench`: measures, checks what was measured, and compares. */
export function benchCommand(): Command {
  return new Command("bench")
    .description("time the models and write CSV; exit code 1 on wrong tokens or a regression")
    .addArgument(new Argument("[NAME...]", "which benchmarks").choices(names).default(names, "all"))
    .option("--model <MODEL...>", "models, each by name or path, instead of the scale's own")
    .addOption(scaleOption())
    .option("--slow", "also run, once, what takes longer than the scale allows")
    .option("--resume", "go on with the unfinished bench in the report's folder")
    .option("--compare <FILE>", "a samples.csv of an earlier run, to tell regressions from noise")
    .addOption(seedOption())
    .addOption(reportOption())
    .addOption(formatOption("text", "json"))
    .addOption(jsonOption())
    .addHelpText("after", `\nBenchmarks:\n${shown}`)
    .addHelpText(
      "after",
      examples(
        ["bench", "all of it for some models, in two minutes"],
        ["bench --scale full", "all of it, in about half an hour; after a stop, add --resume"],
        ["bench growth --model path/to/model.bin", "how the time of your model grows"],
        ["bench latency --report new --compare old/samples.csv", "is it slower than it was?"],
      ),
    )
    .action(bench);
}

function scaleOption(): Option {
  const scale = new Option("--scale <SCALE>", "seconds, two minutes, or half an hour");
  return scale.choices(Object.keys(grids)).default("quick" satisfies BenchScale);
}

async function bench(chosen: readonly BenchmarkName[], options: Options): Promise<void> {
  const { model: models = [], scale, slow = false, resume = false, seed, report } = options;
  const request: BenchRequest = { benchmarks: chosen, models, scale, seed, slow };
  await checkWritable("--report", report);
  const base = options.compare === undefined ? null : await readSamples(options.compare);
  const record = await startRecord(commandOf(request), seed);
  const journal = await openJournal(report, "bench", record, resume);
  try {
    const result = await runBench(request, journal);
    const isRight = await publish(result, base, report, journal, outputOf(options));
    process.exitCode = isRight ? 0 : 1;
  } catch (error) {
    throw journal.explain(error);
  }
}

/** Writes and prints the results; returns whether the tokens are right and nothing is slower. */
async function publish(
  { samples, configs }: BenchResult,
  base: readonly Sample[] | null,
  report: string,
  journal: Journal,
  output: Output,
): Promise<boolean> {
  const tables = benchTables(samples, configs);
  const { latency, ratios, growth, flops, roofline } = tables;
  const files = await writeBenchTables(report, samples, tables);
  const changes = base === null ? null : compareRows(samples, base);
  if (changes !== null) files.push(await writeTable(report, compareTable, changes));
  await writeRecord(report, journal.record, files);
  await journal.close();
  const texts = [
    ...growthTexts(growth, ratios, configs).map((text) => `${text}\n`),
    benchText(tables),
    ...(changes === null ? [] : [compareText(changes)]),
  ];
  const compared = changes === null ? {} : { compare: changes };
  output.result(texts.join("\n"), { latency, ratios, growth, flops, roofline, ...compared });
  for (const file of files) output.note(`written: ${file}`);
  const isSlower = changes?.some(({ verdict }) => verdict === "slower") ?? false;
  return !isSlower && latency.every(({ status }) => status !== "mismatch");
}

/** The command of a request, as it could be typed. */
function commandOf({ benchmarks, models, scale, slow }: BenchRequest): string {
  const model = models.length === 0 ? [] : ["--model", ...models];
  const words = ["bench", ...benchmarks, ...model, "--scale", scale, ...(slow ? ["--slow"] : [])];
  return `causalgate ${words.join(" ")}`;
}
