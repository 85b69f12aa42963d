/** Rows of the latency tables: what was timed, beside what it costs in exact FLOPs. */
import type { ModelConfig } from "../config.ts";
import { generationFlops } from "../cost/flops.ts";
import type { Row } from "../cost/tables.ts";
import type { LatencyRow } from "./latency.ts";

const schemaVersion = 1;

/** What all rows of one run share. */
export interface RunLabels {
  readonly runId: string;
  readonly model: string;
  readonly config: ModelConfig;
}

export const latencyColumns = [
  "schema_version",
  "run_id",
  "model",
  "task",
  "mode",
  "prompt_len",
  "seq_len",
  "gen_len",
  "batch",
  "dtype",
  "threads",
  "n",
  "median_ms",
  "mean_ms",
  "min_ms",
  "max_ms",
  "mad_ms",
  "tokens_per_s",
  "flops_exact_causal",
  "gflops_per_s",
  "status",
] as const;

/** One row of latency.csv; `seq_len` is the most tokens that a pass of it holds. */
export function latencyCells(
  { runId, model, config }: RunLabels,
  row: LatencyRow,
): Row<(typeof latencyColumns)[number]> {
  const { promptLength, newTokens, mode, times } = row;
  const flops = generationFlops(config, { promptLength, newTokens, mode });
  return {
    schema_version: schemaVersion,
    run_id: runId,
    model,
    task: row.task,
    mode,
    prompt_len: promptLength,
    seq_len: promptLength + newTokens - 1,
    gen_len: newTokens,
    batch: 1,
    dtype: "float64",
    threads: 1,
    n: times?.samples ?? null,
    median_ms: digits(times?.medianMs),
    mean_ms: digits(times?.meanMs),
    min_ms: digits(times?.minMs),
    max_ms: digits(times?.maxMs),
    mad_ms: digits(times?.madMs),
    tokens_per_s: times === null ? null : digits((1000 * newTokens) / times.medianMs),
    flops_exact_causal: flops,
    gflops_per_s: times === null ? null : digits(Number(flops) / times.medianMs / 1e6),
    status: row.status,
  };
}

export const ratioColumns = [
  "schema_version",
  "run_id",
  "model",
  "task",
  "prompt_len",
  "gen_len",
  "arm_a",
  "arm_b",
  "ratio_median",
  "flops_ratio_predicted",
  "ratio_over_predicted",
  "tokens_identical",
  "status",
] as const;

/**
 * One row of ratios.csv for every cell: how much longer naive generation takes than cached, beside
 * the ratio of their exact FLOPs.
 */
export function ratioCells(
  { runId, model, config }: RunLabels,
  rows: readonly LatencyRow[],
): Row<(typeof ratioColumns)[number]>[] {
  return rows
    .filter(({ mode }) => mode === "naive")
    .map((naive) => {
      const { task, promptLength, newTokens, status } = naive;
      const cached = rows.find((row) => row.mode === "cached" && sameCell(row, naive))!;
      const flops = (mode: "naive" | "cached") =>
        Number(generationFlops(config, { promptLength, newTokens, mode }));
      const predicted = flops("naive") / flops("cached");
      const timed = naive.times !== null && cached.times !== null;
      const ratio = timed ? naive.times!.medianMs / cached.times!.medianMs : null;
      return {
        schema_version: schemaVersion,
        run_id: runId,
        model,
        task,
        prompt_len: promptLength,
        gen_len: newTokens,
        arm_a: "naive",
        arm_b: "cached",
        ratio_median: digits(ratio),
        flops_ratio_predicted: digits(predicted),
        ratio_over_predicted: ratio === null ? null : digits(ratio / predicted),
        tokens_identical: status === "too_long" ? null : status === "ok",
        status,
      };
    });
}

function sameCell(a: LatencyRow, b: LatencyRow): boolean {
  return a.task === b.task && a.promptLength === b.promptLength && a.newTokens === b.newTokens;
}

/** Four significant digits: what a noisy machine can repeat. */
function digits(value: number | null | undefined): number | null {
  return value === null || value === undefined ? null : Number(value.toPrecision(4));
}
