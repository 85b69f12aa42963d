import { basename } from "node:path";
import { Command } from "commander";
import { type BenchTables, benchTables, writeBenchTables } from "../bench/bench-tables.ts";
import { runBench } from "../bench/run-bench.ts";
import { demoTables, writeDemo } from "../courses/decoding-demo/demo.ts";
import { type FoundModel, findTrainedModel } from "../formats/find-model.ts";
import { generate } from "../generation/generate.ts";
import { checkGolden } from "../golden/check.ts";
import { type GoldenRow, goldenRow, goldensTable } from "../golden/goldens-table.ts";
import { packageFixtures, readModelFixtures } from "../golden/read.ts";
import { writeTable } from "../io/csv.ts";
import { checkWritable } from "../io/files.ts";
import { type RunRecord, readRuns, startRecord, writeRecord } from "../io/run-record.ts";
import { grouped } from "../io/text-table.ts";
import { lawById, laws } from "../laws/index.ts";
import { seededRandom } from "../math/random.ts";
import { referenceDecoder } from "../reference/reference-decoder.ts";
import { differsFromOne, mediansFinding } from "../report/findings.ts";
import { reference, referenceOf } from "../subjects/reference.ts";
import type { Subject } from "../subjects/subject.ts";
import { largeCasesRows, largeCasesTable, largeCasesText } from "../verify/large-cases-table.ts";
import { lawRows, lawsTable } from "../verify/laws-table.ts";
import { runLaws } from "../verify/run-laws.ts";
import { reportJson, reportText } from "../verify/verdicts.ts";
import { exitCodeOf, type Report } from "../verify/verify.ts";
import {
  type FormatOptions,
  formatOption,
  jsonOption,
  reportOption,
  seedOption,
} from "./options.ts";
import { type Output, outputOf } from "./output.ts";

interface Options extends FormatOptions {
  readonly model?: string;
  readonly seed: number;
  readonly report: string;
}

type Note = Output["note"];

/** Cases for each law: of generated models, of the small trained one, of a larger checkpoint. */
const runs = { generated: 1000, trained: 100, checkpoint: 60 };

/** Laws that trained weights can break and random ones cannot; all laws ran before. */
const lawsOfTrained = [
  "history-invariance",
  "prefix-invariance",
  "context-sensitivity",
  "cache-equality",
  "chunk-invariance",
  "definition-equality",
];

/** The last line of the gate, by exit code. */
const gateTexts = {
  0: "The gate holds",
  1: "THE GATE DOES NOT HOLD",
  3: "THE GATE IS INCOMPLETE: a law is unproven or out of time",
};

/** `causalgate gate`, which is `npm start`: laws, goldens, then the tables and their page. */
export function gateCommand(): Command {
  return new Command("gate")
    .description(
      "the whole gate: laws, golden logits, latency and FLOP tables, and the page of them all",
    )
    .option(
      "--model <PATH>",
      "a checkpoint to test instead of generated models and the trained one",
    )
    .addOption(seedOption())
    .addOption(reportOption())
    .addOption(formatOption("text", "json"))
    .addOption(jsonOption())
    .action(async (options: Options) => {
      const { model: path, seed, report: folder } = options;
      const output = outputOf(options);
      const { note } = output;
      // An unsuitable folder is refused before the work.
      await checkWritable("--report", folder);
      await readRuns(folder);
      const record = await startRecord("causalgate gate", seed);
      const model = await findTrainedModel(path ?? "tiny", seed);
      const report =
        path === undefined
          ? await lawsStep(reference, "generated models", { seed, runs: runs.generated }, note)
          : await lawsStep(referenceOf(model), model.name, { seed, runs: runs.checkpoint }, note);
      const trained = path === undefined ? await trainedStep(model, seed, note) : { verdicts: [] };
      const goldens = await goldensStep(record.run_id, note);
      const files = await tablesStep(folder, record, path ?? "demo", report, goldens, note);
      await writeRecord(folder, record, [...files, ...(await demoStep(folder, seed, note))]);
      const code = exitCodeOf({ verdicts: [...report.verdicts, ...trained.verdicts] });
      const matched = goldens.every(({ status }) => status === "kept");
      process.exitCode = matched ? code : 1;
      const verdict = gateTexts[matched ? code : 1];
      output.result(`\n${verdict}, seed ${seed}.`, {
        ...{ seed, verdict, laws: reportJson(report), trained: reportJson(trained), goldens },
      });
      await pageStep(folder, note);
    });
}

/** Runs all laws on the subject, and prints a table of verdicts. */
async function lawsStep(
  subject: Subject,
  who: string,
  options: { readonly seed: number; readonly runs: number },
  note: Note,
): Promise<Report> {
  note(`Laws: the reference decoder over ${who}, seed ${options.seed}`);
  const report = await runLaws(subject, laws, options, note);
  note(`${reportText(report)}\n${keptText(report)}\n`);
  return report;
}

function keptText({ verdicts }: Report): string {
  const kept = verdicts.filter(({ status }) => status === "kept");
  const total = kept.reduce((sum, verdict) => sum + verdict.cases, 0);
  const planted = "each detected the violations planted for it";
  const line = `${kept.length} of ${verdicts.length} laws kept over ${grouped(total)} cases; ${planted}`;
  return [line, largeCasesText({ verdicts })].filter((text) => text !== null).join("\n");
}

/** Prints texts of the trained model, then runs the laws that apply to a fixed model. */
async function trainedStep(model: FoundModel, seed: number, note: Note): Promise<Report> {
  note(`The trained model ${model.name}`);
  const decoder = referenceDecoder(model.config, model.weights);
  const prompt = model.tokenizer!.encode("the cat sat");
  const say = async (how: string, temperature: number) => {
    const options = { temperature, maxNewTokens: 12, random: seededRandom(seed) };
    const { tokens } = await generate(decoder, prompt, options);
    note(`  ${how}: ${model.tokenizer!.decode(tokens)}`);
  };
  await say("greedy", 0);
  await say("temperature 0.7", 0.7);
  const asked = lawsOfTrained.map(lawById);
  const report = await runLaws(referenceOf(model), asked, { seed, runs: runs.trained }, note);
  note(`${keptText(report).replace(/^/gm, "  ")}\n`);
  return report;
}

async function goldensStep(runId: string, note: Note): Promise<GoldenRow[]> {
  note("Golden logits, recorded from the definition and from other engines");
  const rows: GoldenRow[] = [];
  for (const fixture of await readModelFixtures(packageFixtures)) {
    const { config, weights } = fixture.model;
    const verdict = await checkGolden(fixture, referenceDecoder(config, weights));
    rows.push(goldenRow(runId, fixture, verdict));
    const { largestError, tolerance, difference } = verdict;
    const size = `${verdict.rows} x ${config.vocabSize} logits`;
    const error = `largest error ${largestError.toExponential(1)}, ${tolerance} allowed`;
    note(`  ${fixture.name}: ${size} by ${fixture.manifest.by}, ${error}`);
    if (difference === null) continue;
    note(`  BROKEN ${difference}`);
  }
  note("");
  return rows;
}

/** Writes the tables and returns their paths. */
async function tablesStep(
  folder: string,
  record: RunRecord,
  model: string,
  report: Report,
  goldenRows: readonly GoldenRow[],
  note: Note,
): Promise<string[]> {
  note(
    `Tables of ${model}, at a scale of about a minute; causalgate bench --scale full is the full one`,
  );
  const verdicts = await writeTable(folder, lawsTable, lawRows(record.run_id, report));
  const large = await writeTable(folder, largeCasesTable, largeCasesRows(record.run_id, report));
  const goldens = await writeTable(folder, goldensTable, goldenRows);
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
  const files = [verdicts, large, goldens, ...(await writeBenchTables(folder, samples, tables))];
  note(longestText(tables));
  for (const path of files) note(`  written: ${path}`);
  return files;
}

/** Writes the tables of the figures, and returns their paths. */
async function demoStep(folder: string, seed: number, note: Note): Promise<string[]> {
  const files = await writeDemo(folder, await demoTables(seed));
  note(`  written: ${files.map((path) => basename(path)).join(", ")}; see causalgate demo`);
  return files;
}

async function pageStep(folder: string, note: Note): Promise<void> {
  const { writeReport } = await import("../report/write-report.ts"); // slow to load
  const [page] = await writeReport(folder);
  note(`The page of all this: ${page}`);
}

/** Returns the times of the longest generation, with and without the cache. */
function longestText({ latency: rows, ratios }: BenchTables): string {
  const timed = rows.filter(({ task, status }) => task === "generation_length" && status === "ok");
  const wrong = rows.filter(({ status }) => status !== "ok").length;
  const missing = wrong === 0 ? "" : `, ${wrong} of ${rows.length} rows without a time`;
  const newTokens = Math.max(0, ...timed.map(({ gen_len }) => gen_len));
  const [cached, naive] = ["cached", "naive"].map((mode) =>
    timed.find((row) => row.gen_len === newTokens && row.mode === mode),
  );
  const [fast, slow] = [cached?.median_ms ?? null, naive?.median_ms ?? null];
  if (fast === null || slow === null) return `  nothing could be timed${missing}`;
  const isProven = ratios.some(
    ({ task, gen_len, arm_a, ratio_ci_lo, ratio_ci_hi }) =>
      task === "generation_length" &&
      gen_len === newTokens &&
      arm_a === "naive" &&
      differsFromOne(ratio_ci_lo, ratio_ci_hi),
  );
  const proof = isProven ? "" : ", no proven difference";
  const medians = mediansFinding(fast, slow);
  return `  ${newTokens} tokens: ${medians}${proof}, the same tokens${missing}`;
}
