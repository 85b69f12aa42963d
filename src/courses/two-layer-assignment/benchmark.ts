/** The mode `benchmark`: the latency of a few new tokens after prompts of 10 to 1,000. */
import { join } from "node:path";
import { latencyRows, latencyTable } from "../../bench/latency-table.ts";
import { emptySample, measure } from "../../bench/measure.ts";
import { ratioRows, ratiosTable } from "../../bench/ratios-table.ts";
import { type BenchCell, type Job, type Sample, samplesTable } from "../../bench/sample.ts";
import { generationWorkload } from "../../bench/workloads.ts";
import { writeTable } from "../../io/csv.ts";
import { writeWhole } from "../../io/files.ts";
import { jsonText } from "../../io/json-text.ts";
import { startProgress } from "../../io/progress.ts";
import { type RunRecord, writeRecord } from "../../io/run-record.ts";
import type { NamedModel } from "../../model/named/named-model.ts";
import { randomWeights } from "../../model/weights.ts";
import { referenceDecoder } from "../../reference/reference-decoder.ts";
import { type BenchmarkResult, benchmarkResult } from "./benchmark-results.ts";

/** Prompt lengths in tokens. */
const sequenceLengths = [10, 50, 100, 500, 1000];

export interface BenchmarkOptions {
  /** Tokens generated after each prompt. */
  readonly newTokens: number;
  /** Timed runs of each prompt length and mode. */
  readonly repeats: number;
  readonly seed: number;
}

export interface Benchmark {
  readonly results: readonly BenchmarkResult[];
  readonly files: readonly string[];
  /** False if a timed run generated other tokens than the check before it. */
  readonly tokensMatch: boolean;
}

/**
 * Times every prompt length in both modes and writes samples.csv, latency.csv, ratios.csv and
 * benchmark_results.json into the folder.
 */
export async function runBenchmark(
  { name, config }: Pick<NamedModel, "name" | "config">,
  folder: string,
  record: RunRecord,
  options: BenchmarkOptions,
): Promise<Benchmark> {
  const samples = await timeLengths({ name, config }, record.run_id, options);
  const configs = new Map([[name, config]]);
  const latency = latencyRows(samples, configs);
  const results = sequenceLengths.map((length) => benchmarkResult(length, latency, samples));
  const json = join(folder, "benchmark_results.json");
  const files = [
    await writeTable(folder, samplesTable, samples),
    await writeTable(folder, latencyTable, latency),
    await writeTable(folder, ratiosTable, ratioRows(samples, configs)),
    json,
  ];
  await writeWhole(json, `${jsonText({ run_id: record.run_id, model: name, results })}\n`);
  await writeRecord(folder, record, files);
  return { results, files, tokensMatch: latency.every(({ status }) => status !== "mismatch") };
}

/** The samples of every length, and a row without a time for each length beyond the context. */
async function timeLengths(
  { name, config }: Pick<NamedModel, "name" | "config">,
  run_id: string,
  { seed, newTokens, repeats }: BenchmarkOptions,
): Promise<Sample[]> {
  const cells = sequenceLengths.flatMap((promptLength) =>
    ["naive", "cached"].map((mode): BenchCell => {
      const marks = [1, newTokens];
      return { task: "sequence_length", mode, isTwin: false, promptLength, marks, rounds: repeats };
    }),
  );
  const fits = ({ promptLength }: BenchCell) =>
    promptLength! + newTokens - 1 <= config.maxPositionEmbeddings;
  const due = cells.filter(fits);
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
  const tooLong = cells
    .filter((cell) => !fits(cell))
    .map((cell) => ({ ...emptySample(job, cell, newTokens), status: "too_long" as const }));
  return [...samples, ...tooLong];
}
