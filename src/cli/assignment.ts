import { join } from "node:path";
import { Command, Option } from "commander";
import { type LatencyRow, latencyColumns, latencyRows } from "../bench/latency-table.ts";
import { emptySample, measure } from "../bench/measure.ts";
import { ratioColumns, ratioRows } from "../bench/ratios-table.ts";
import { type BenchCell, type Job, type Sample, samplesColumns } from "../bench/sample.ts";
import { generationWorkload } from "../bench/workloads.ts";
import {
  makeTestCases,
  runTestCases,
  type WayName,
} from "../courses/two-layer-assignment/test-cases.ts";
import { writeCsv } from "../io/csv.ts";
import { writeWhole } from "../io/files.ts";
import { jsonText } from "../io/json-text.ts";
import { startProgress } from "../io/progress.ts";
import { startRecord, writeRecord } from "../io/run-record.ts";
import { textTable } from "../io/text-table.ts";
import type { NamedModel } from "../model/named/named-model.ts";
import { namedModel } from "../model/named/registry.ts";
import { randomWeights } from "../model/weights.ts";
import { referenceDecoder } from "../reference/reference-decoder.ts";
import { examples, integer, reportOption, seedOption } from "./options.ts";

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
        .argParser(integer(2, 1024))
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
  const { seed, report } = options;
  const folder = join(report, "assignment");
  const record = await startRecord("causalgate assignment --mode benchmark", seed);
  const samples = await timeLengths({ name, config }, record.run_id, options);
  const configs = new Map([[name, config]]);
  const latency = latencyRows(samples, configs);
  const results = sequenceLengths.map((length) => result(length, latency, samples));
  console.log(resultsText(results, config.maxPositionEmbeddings));

  const tables = ["samples", "latency", "ratios"].map((table) => join(folder, `${table}.csv`));
  const files = [...tables, join(folder, "benchmark_results.json")];
  await writeCsv(files[0], samplesColumns, samples);
  await writeCsv(files[1], latencyColumns, latency);
  await writeCsv(files[2], ratioColumns, ratioRows(samples, configs));
  await writeWhole(files[3], `${jsonText({ run_id: record.run_id, model: name, results })}\n`);
  await writeRecord(folder, record, files);
  for (const file of files) console.log(`written: ${file}`);
  process.exitCode = latency.some(({ status }) => status === "mismatch") ? 1 : 0;
}

/** The samples of every length, as often as asked for, and rows for what is too long. */
async function timeLengths(
  { name, config }: Pick<NamedModel, "name" | "config">,
  run_id: string,
  { seed, newTokens, repeats }: Options,
): Promise<Sample[]> {
  const cells = sequenceLengths.flatMap((promptLength) =>
    ["naive", "cached"].map((mode): BenchCell => {
      const marks = [1, newTokens];
      return { task: "sequence_length", mode, isTwin: false, promptLength, marks, rounds: repeats };
    }),
  );
  const isRoom = ({ promptLength }: BenchCell) =>
    promptLength! + newTokens - 1 <= config.maxPositionEmbeddings;
  const due = cells.filter(isRoom);
  const job = { run_id, model: name, source: name, benchmark: "latency", process: 0 };
  const work: Job = { ...job, dataSeed: seed, orderSeed: seed, cells: due };
  const weights = randomWeights(config, seed);
  const workload = generationWorkload({ name, config, weights }, referenceDecoder(config, weights));
  const progress = startProgress("latency", repeats * due.length);
  const samples: Sample[] = [];
  try {
    for await (const run of measure(work, workload)) {
      samples.push(...run.samples);
      progress.step();
    }
  } finally {
    progress.stop();
  }
  const tooLong = cells.filter((cell) => !isRoom(cell));
  const rest = tooLong.map((cell) => emptySample(job, cell, newTokens));
  return [...samples, ...rest.map((sample) => ({ ...sample, status: "too_long" as const }))];
}

type Result = ReturnType<typeof result>;

/** One length of `benchmark_results.json`: both times, in seconds, and what they come to. */
function result(length: number, latency: readonly LatencyRow[], samples: readonly Sample[]) {
  const [naive, cached] = ["naive", "cached"].map(
    (mode) => latency.find((row) => row.prompt_len === length && row.mode === mode)!,
  );
  const [slow, fast] = [naive, cached].map((row) => seconds(row, samples));
  const quotient = (a: unknown, b: unknown) => Number((Number(a) / Number(b)).toPrecision(4));
  return {
    seq_len: length,
    new_tokens: Number(naive.gen_len),
    status: naive.status,
    without_cache: slow,
    with_cache: fast,
    speedup: slow === null || fast === null ? null : quotient(slow.median_s, fast.median_s),
    flops_ratio: quotient(naive.flops_exact_causal, cached.flops_exact_causal),
  };
}

/** The times of a row, the longest among its samples too. */
function seconds(row: LatencyRow, samples: readonly Sample[]) {
  if (row.status !== "ok") return null;
  const longest = samples
    .filter(
      ({ mode, prompt_len, gen_len }) =>
        mode === row.mode && prompt_len === row.prompt_len && gen_len === row.gen_len,
    )
    .reduce((most, { t_ns }) => Math.max(most, t_ns!), 0);
  const inSeconds = (ms: unknown) => Number((Number(ms) / 1000).toPrecision(4));
  return {
    samples: Number(row.n),
    mean_s: inSeconds(row.mean_ms),
    median_s: inSeconds(row.median_ms),
    min_s: inSeconds(row.min_ms),
    max_s: inSeconds(longest / 1e6),
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
