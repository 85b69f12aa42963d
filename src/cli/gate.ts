import { join } from "node:path";
import { Command } from "commander";
import type { LatencyRow } from "../bench/latency-table.ts";
import { describeDifference } from "../compare.ts";
import { readLlama2c as loadModel } from "../formats/llama2c.ts";
import { laws } from "../laws/index.ts";
import type { Model } from "../model.ts";
import { referenceDecoder } from "../reference/reference-decoder.ts";
import { benchTables, writeBenchTables } from "../report/bench-tables.ts";
import { writeCsv } from "../report/csv.ts";
import { type RunRecord, startRecord, writeRecord } from "../report/run-record.ts";
import { grouped } from "../report/text-table.ts";
import { lawCells, lawColumns, reportText } from "../report/verdicts.ts";
import { reference, referenceOf } from "../subjects.ts";
import { checkGolden, readFixtures } from "../verify/golden.ts";
import { isClean, type Report } from "../verify/verify.ts";
import { reportOption, seedOption } from "./options.ts";
import { runBench } from "./run-bench.ts";
import { runLaws } from "./run-laws.ts";

interface Options {
  readonly model?: string;
  readonly seed: number;
  readonly report: string;
}

/** Cases for each law: of generated models, and of one checkpoint, which is larger. */
const runs = { generated: 1000, checkpoint: 60 };

const goldenFolder = join(import.meta.dirname, "../../golden");

/** `causalgate gate`, which is `npm start`: laws, goldens, then the tables. */
export function gateCommand(): Command {
  return new Command("gate")
    .description("the whole gate: laws, golden logits, latency and FLOP tables")
    .option("--model <PATH>", "a checkpoint to try instead of generated models")
    .addOption(seedOption())
    .addOption(reportOption())
    .action(async ({ model: path, seed, report: folder }: Options) => {
      const record = await startRecord("causalgate gate", seed);
      const checkpoint = path === undefined ? null : await loadModel(path);
      const report = await lawsStep(checkpoint, seed);
      const goldensKept = await goldensStep();
      const files = await tablesStep(folder, record, path ?? "demo", report);
      await writeRecord(folder, record, files);
      const kept = isClean(report) && goldensKept;
      console.log(`\n${kept ? "The gate holds" : "THE GATE DOES NOT HOLD"}, seed ${seed}.`);
      process.exitCode = kept ? 0 : 1;
    });
}

async function lawsStep(checkpoint: Model | null, seed: number): Promise<Report> {
  const subject = checkpoint === null ? reference : referenceOf(checkpoint);
  const who = checkpoint === null ? "generated models" : checkpoint.name;
  console.log(`Laws: the reference decoder over ${who}, seed ${seed}`);
  const cases = checkpoint === null ? runs.generated : runs.checkpoint;
  const report = await runLaws(subject, laws, { seed, runs: cases });
  console.log(reportText(report));
  const kept = report.verdicts.filter(({ status }) => status === "kept");
  const total = kept.reduce((sum, verdict) => sum + verdict.cases, 0);
  const seen = kept.length - report.blind.length;
  console.log(`${kept.length} of ${laws.length} laws kept over ${grouped(total)} cases`);
  console.log(`${seen} of ${kept.length} caught the bug planted for them here\n`);
  return report;
}

async function goldensStep(): Promise<boolean> {
  console.log("Golden logits, recorded from the definition and from other engines");
  let kept = true;
  for (const fixture of await readFixtures(goldenFolder)) {
    const { config, weights } = fixture.model;
    const verdict = await checkGolden(fixture, referenceDecoder(config, weights));
    const { rows, largestError, tolerance, difference } = verdict;
    const size = `${rows} x ${config.vocabSize} logits`;
    const error = `largest error ${largestError.toExponential(1)}, ${tolerance} allowed`;
    console.log(`  ${fixture.name}: ${size} by ${fixture.manifest.by}, ${error}`);
    if (difference === null) continue;
    kept = false;
    console.log(`  BROKEN ${describeDifference(difference, `after [${difference.tokens}]`)}`);
  }
  console.log("");
  return kept;
}

/** Writes the tables and returns their paths. */
async function tablesStep(
  folder: string,
  record: RunRecord,
  model: string,
  report: Report,
): Promise<string[]> {
  console.log(`Tables of ${model}, at a scale of about a minute; npm run bench is the full one`);
  const laws = join(folder, "laws.csv");
  await writeCsv(laws, lawColumns, lawCells(record.run_id, report));
  const { samples, configs } = await runBench(
    {
      benchmarks: ["latency", "growth"],
      models: [model],
      scale: "quick",
      seed: record.seed,
      slow: false,
    },
    { record, keep: (_, measure) => measure() },
  );
  const tables = benchTables(samples, configs);
  const files = [laws, ...(await writeBenchTables(folder, samples, tables))];
  console.log(longestText(tables.latency));
  for (const path of files) console.log(`  written: ${path}`);
  return files;
}

/** What the cache is worth at the longest generation that was timed. */
function longestText(rows: readonly LatencyRow[]): string {
  const timed = rows.filter(({ task, status }) => task === "generation_length" && status === "ok");
  const wrong = rows.filter(({ status }) => status !== "ok").length;
  const missing = wrong === 0 ? "" : `, ${wrong} of ${rows.length} rows without a figure`;
  const newTokens = Math.max(0, ...timed.map(({ gen_len }) => Number(gen_len)));
  const [cached, naive] = ["cached", "naive"].map((mode) =>
    timed.find((row) => row.gen_len === newTokens && row.mode === mode),
  );
  if (!cached || !naive) return `  nothing could be timed${missing}`;
  const [fast, slow] = [Number(cached.median_ms), Number(naive.median_ms)];
  const ratio = (slow / fast).toPrecision(3);
  const ms = `${fast.toPrecision(3)} ms with the cache, ${slow.toPrecision(3)} ms without`;
  return `  ${newTokens} tokens: ${ms} (${ratio} times as long), the same tokens${missing}`;
}
