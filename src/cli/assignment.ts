import { join } from "node:path";
import { Command, Option } from "commander";
import { type LatencyRow, measureLatency, sequenceLengthCells } from "../bench/latency.ts";
import { latencyCells, latencyColumns, ratioCells, ratioColumns } from "../bench/tables.ts";
import { writeWhole } from "../files.ts";
import type { NamedModel } from "../models/named-model.ts";
import { namedModel } from "../models/registry.ts";
import { referenceDecoder } from "../reference/reference-decoder.ts";
import { writeCsv } from "../report/csv.ts";
import { jsonText } from "../report/json.ts";
import { startRecord, writeRecord } from "../report/run-record.ts";
import { textTable } from "../report/text-table.ts";
import { makeTestCases, runTestCases, type WayName } from "../verify/test-cases.ts";
import { randomWeights } from "../weights.ts";
import { examples, integer, reportOption, seedOption } from "./options.ts";
import { startProgress } from "./progress.ts";

const modes = ["evaluate", "kv_evaluate", "benchmark"] as const;

type Mode = (typeof modes)[number];

/** A mode is asked for by `--mode`, or by its own flag. */
interface Options extends Readonly<Partial<Record<Mode, true>>> {
  readonly mode?: Mode;
  readonly maxSeqLen: "128" | "1024";
  readonly newTokens: number;
  readonly repeats: number;
  readonly seed: number;
  readonly report: string;
}

/** The model of seed 002 has a context of 128, too short for half of its own benchmark. */
const modelNames = { "128": "assignment", "1024": "assignment-long" } as const;

const sequenceLengths = [10, 50, 100, 500, 1000];

/** `causalgate assignment`: what the assignment of seed 002 asks of its model, by its own modes. */
export function assignmentCommand(): Command {
  return new Command("assignment")
    .description("the two-layer, single-head model of the assignment: its tests and its benchmark")
    .addOption(new Option("--mode <MODE>", "what is done").choices(modes))
    .option("--evaluate", "--mode evaluate: the logits without a cache")
    .option("--kv_evaluate", "--mode kv_evaluate: the logits with and without, and one by one")
    .option("--benchmark", "--mode benchmark: the latency with and without")
    .addOption(
      new Option("--max-seq-len <P>", "the model's context")
        .choices(["128", "1024"])
        .default("128"),
    )
    .addOption(
      new Option("--new-tokens <N>", "tokens that the benchmark generates")
        .argParser(integer(1, 1024))
        .default(20),
    )
    .addOption(
      new Option("--repeats <N>", "timed runs for each length")
        .argParser(integer(1, 1000))
        .default(3),
    )
    .addOption(seedOption())
    .addOption(reportOption())
    .addHelpText(
      "after",
      examples(
        ["assignment --mode evaluate", "ten test cases without a cache; exit code 1 if one fails"],
        ["assignment --mode kv_evaluate", "the same with the cache, and token by token"],
        ["assignment --mode benchmark --max-seq-len 1024", "the latency for 10 to 1,000 tokens"],
      ),
    )
    .action(async (options: Options, command: Command) => {
      const asked = modes.filter((mode) => options.mode === mode || options[mode]);
      if (asked.length !== 1) {
        command.error(`error: one mode must be given, got ${asked.join(" and ") || "none"}`);
      }
      const [mode] = asked;
      const model = namedModel(modelNames[options.maxSeqLen]);
      console.log(`${model.name}: random weights of seed ${options.seed}`);
      if (mode === "benchmark") await benchmark(model, options);
      else await evaluate(model, options.seed, waysOf[mode]);
    });
}

const waysOf: Record<Exclude<Mode, "benchmark">, readonly WayName[]> = {
  evaluate: ["no cache"],
  kv_evaluate: ["no cache", "with cache", "token by token"],
};

/** Prints what the seed prints; the exit code is 1 when a case fails. */
async function evaluate(
  { config }: NamedModel,
  seed: number,
  ways: readonly WayName[],
): Promise<void> {
  const weights = randomWeights(config, seed);
  const cases = makeTestCases({ config, weights }, seed, { count: 10, length: 11 });
  const verdicts = await runTestCases(referenceDecoder(config, weights), cases, ways);
  const passed = cases.filter((one) => verdicts.every((verdict) => verdict.passed.has(one)));
  const allPassed = passed.length === cases.length;
  const rate = ((100 * passed.length) / cases.length).toFixed(2);
  console.log("golden logits from the definition, within 1e-10; the assignment allows 1e-2");
  console.log("Evaluation Results:");
  console.log(`  Num test cases: ${cases.length}`);
  console.log(`  All tests passed: ${allPassed ? "True" : "False"}`);
  console.log(`  Pass rate: ${rate}% (${passed.length}/${cases.length})`);
  for (const { way, largestError, problem } of verdicts) {
    const alike = way === ways[0] ? "" : `, bit for bit as ${ways[0]}`;
    const error = `largest error ${largestError.toExponential(1)}`;
    console.log(`  ${way}: ${problem === null ? error + alike : `${error}; BROKEN ${problem}`}`);
  }
  process.exitCode = allPassed ? 0 : 1;
}

/** Times every length in both modes and writes the tables; the exit code is 1 on wrong tokens. */
async function benchmark({ name, config }: NamedModel, options: Options): Promise<void> {
  const { seed, newTokens, repeats, report } = options;
  const folder = join(report, "assignment");
  const record = await startRecord("causalgate assignment --mode benchmark", seed);
  const decoder = referenceDecoder(config, randomWeights(config, seed));
  const cells = sequenceLengthCells(sequenceLengths, newTokens);
  const progress = startProgress("latency", 2 * cells.length);
  const rows = await measureLatency(decoder, cells, {
    leastSamples: repeats,
    mostSamples: repeats,
    budgetMs: 0,
    onRow: () => progress.step(),
  });
  progress.stop();
  const labels = { runId: record.run_id, model: name, config };
  const ratios = ratioCells(labels, rows);
  const results = ratios.map((ratio) => result(ratio, rows));
  console.log(resultsText(results, config.maxPositionEmbeddings));

  const files = ["latency.csv", "ratios.csv", "benchmark_results.json"].map((f) => join(folder, f));
  const latency = rows.map((row) => latencyCells(labels, row));
  await writeCsv(files[0], latencyColumns, latency);
  await writeCsv(files[1], ratioColumns, ratios);
  await writeWhole(files[2], `${jsonText({ run_id: record.run_id, model: name, results })}\n`);
  await writeRecord(folder, record, files);
  for (const file of files) console.log(`written: ${file}`);
  process.exitCode = rows.some(({ status }) => status === "mismatch") ? 1 : 0;
}

type Result = ReturnType<typeof result>;

/** One length of `benchmark_results.json`: both times, in seconds, and what they come to. */
function result(ratio: ReturnType<typeof ratioCells>[number], rows: readonly LatencyRow[]) {
  const timesOf = (mode: LatencyRow["mode"]) => {
    const row = rows.find((row) => row.mode === mode && row.promptLength === ratio.prompt_len);
    if (row === undefined || row.times === null) return null;
    const { samples, meanMs, medianMs, minMs, maxMs } = row.times;
    const seconds = [meanMs, medianMs, minMs, maxMs].map((ms) =>
      Number((ms / 1000).toPrecision(4)),
    );
    const [mean_s, median_s, min_s, max_s] = seconds;
    return { samples, mean_s, median_s, min_s, max_s };
  };
  return {
    seq_len: Number(ratio.prompt_len),
    new_tokens: Number(ratio.gen_len),
    status: ratio.status,
    without_cache: timesOf("naive"),
    with_cache: timesOf("cached"),
    speedup: ratio.ratio_median,
    flops_ratio: ratio.flops_ratio_predicted,
  };
}

function resultsText(results: readonly Result[], context: number): string {
  const head = ["sequence length", "without cache, s", "with cache, s", "speedup", "FLOP ratio"];
  const cells = results
    .filter(({ without_cache }) => without_cache !== null)
    .map((row) => [
      row.seq_len,
      row.without_cache?.median_s,
      row.with_cache?.median_s,
      `${row.speedup}x`,
      `${row.flops_ratio}x`,
    ]);
  const skipped = results.map(({ seq_len, new_tokens, status }) => {
    if (status !== "too_long") return status === "ok" ? [] : [`seq_len ${seq_len}: ${status}`];
    const tokens = `${seq_len} + ${new_tokens} - 1 tokens exceed max_seq_len (${context})`;
    return [`Skipping seq_len ${seq_len}: ${tokens}`];
  });
  return [
    textTable(
      head,
      cells.map((row) => row.map(String)),
    ),
    ...skipped.flat(),
  ].join("\n");
}
