import { join } from "node:path";
import { Command } from "commander";
import {
  type Cell,
  generationLengthCells,
  type LatencyRow,
  sequenceLengthCells,
} from "../bench/latency.ts";
import { describeDifference } from "../compare.ts";
import { readLlama2c as loadModel } from "../formats/llama2c.ts";
import { laws } from "../laws/index.ts";
import type { Model } from "../model.ts";
import { namedModel } from "../models/registry.ts";
import { referenceDecoder } from "../reference/reference-decoder.ts";
import { writeCsv } from "../report/csv.ts";
import { writeLatencyTables } from "../report/latency-tables.ts";
import { type RunRecord, startRecord, writeRecord } from "../report/run-record.ts";
import { grouped } from "../report/text-table.ts";
import { lawCells, lawColumns, reportText } from "../report/verdicts.ts";
import { reference, referenceOf } from "../subjects.ts";
import { checkGolden, readFixtures } from "../verify/golden.ts";
import { isClean, type Report } from "../verify/verify.ts";
import { initWeights } from "../weights.ts";
import { reportOption, seedOption } from "./options.ts";
import { startProgress } from "./progress.ts";
import { runLaws } from "./run-laws.ts";

interface Options {
  readonly model?: string;
  readonly seed: number;
  readonly report: string;
}

/** The lengths of the full scale that end within two minutes on two cores. */
const quickCells: readonly Cell[] = [
  ...sequenceLengthCells([10, 50, 100], 20),
  ...generationLengthCells([10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 200], 10),
];
const quick = { leastSamples: 3, budgetMs: 700, mostSamples: 25 };

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
      const files = await tablesStep(folder, record, checkpoint ?? demoModel(seed), report);
      await writeRecord(folder, record, files);
      const kept = isClean(report) && goldensKept;
      console.log(`\n${kept ? "The gate holds" : "THE GATE DOES NOT HOLD"}, seed ${seed}.`);
      process.exitCode = kept ? 0 : 1;
    });
}

function demoModel(seed: number): Model {
  const { name, config } = namedModel("demo");
  return { name, config, weights: initWeights(config, seed) };
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
  console.log(
    `${kept.length} of ${laws.length} laws kept over ${grouped(total)} cases; `.trimEnd(),
  );
  console.log(`${seen} of ${kept.length} saw the bug planted for them here\n`);
  return report;
}

async function goldensStep(): Promise<boolean> {
  console.log("Golden logits, recorded from the definition");
  let kept = true;
  for (const fixture of await readFixtures(goldenFolder)) {
    const { config, weights } = fixture.model;
    const verdict = await checkGolden(fixture, referenceDecoder(config, weights));
    const { rows, largestError, tolerance, difference } = verdict;
    const size = `${rows} x ${config.vocabSize} logits`;
    const error = `largest error ${largestError.toExponential(1)}, ${tolerance} allowed`;
    console.log(`  ${fixture.name}: ${size}, ${error}`);
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
  { name, config, weights }: Model,
  report: Report,
): Promise<string[]> {
  console.log(`Tables of ${name}, at a scale of about a minute; npm run bench is the full one`);
  const laws = join(folder, "laws.csv");
  await writeCsv(laws, lawColumns, lawCells(record.run_id, report));
  const decoder = referenceDecoder(config, weights);
  const progress = startProgress("latency", 2 * quickCells.length);
  const options = { ...quick, onRow: () => progress.step() };
  const tables = await writeLatencyTables(folder, record, name, decoder, quickCells, options);
  progress.stop();
  console.log(longestText(tables.rows));
  const files = [laws, ...tables.files];
  for (const path of files) console.log(`  written: ${path}`);
  return files;
}

/** What the cache is worth at the longest generation that was timed. */
function longestText(rows: readonly LatencyRow[]): string {
  const timed = rows.filter(({ status }) => status === "ok");
  const wrong = rows.length - timed.length;
  const missing = wrong === 0 ? "" : `, ${wrong} of ${rows.length} rows without a figure`;
  const newTokens = Math.max(0, ...timed.map((row) => row.newTokens));
  const [cached, naive] = (["cached", "naive"] as const).map((mode) =>
    timed.find((row) => row.newTokens === newTokens && row.mode === mode),
  );
  if (!cached?.times || !naive?.times) return `  nothing could be timed${missing}`;
  const [fast, slow] = [cached.times.medianMs, naive.times.medianMs];
  const ratio = (slow / fast).toPrecision(3);
  const ms = `${fast.toPrecision(3)} ms with the cache, ${slow.toPrecision(3)} ms without`;
  return `  ${newTokens} tokens: ${ms} (${ratio} times as long), the same tokens${missing}`;
}
