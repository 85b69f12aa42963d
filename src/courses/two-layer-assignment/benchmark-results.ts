/** The contents of benchmark_results.json, and the same as text. */
import type { LatencyRow } from "../../bench/latency-table.ts";
import type { Sample } from "../../bench/sample.ts";
import { textTable } from "../../io/text-table.ts";

export type BenchmarkResult = ReturnType<typeof benchmarkResult>;

/** The result of one prompt length: the time of each mode, in seconds, and their ratios. */
export function benchmarkResult(
  length: number,
  latency: readonly LatencyRow[],
  samples: readonly Sample[],
) {
  const [naive, cached] = ["naive", "cached"].map(
    (mode) => latency.find((row) => row.prompt_len === length && row.mode === mode)!,
  );
  const [slow, fast] = [naive, cached].map((row) => seconds(row, samples));
  const flops = (row: LatencyRow) => Number(row.flops_exact_causal);
  return {
    seq_len: length,
    new_tokens: naive.gen_len,
    status: naive.status,
    without_cache: slow,
    with_cache: fast,
    speedup: slow === null || fast === null ? null : fourDigits(slow.median_s / fast.median_s),
    flops_ratio: fourDigits(flops(naive) / flops(cached)),
  };
}

/** The times of one row in seconds, with the longest of its samples; null where none was timed. */
function seconds(row: LatencyRow, samples: readonly Sample[]) {
  const { status, n, mean_ms, median_ms, min_ms } = row;
  if (status !== "ok" || n === null || mean_ms === null) return null;
  if (median_ms === null || min_ms === null) return null;
  const longest = samples
    .filter(
      ({ mode, prompt_len, gen_len }) =>
        mode === row.mode && prompt_len === row.prompt_len && gen_len === row.gen_len,
    )
    .reduce((most, { t_ns }) => Math.max(most, t_ns!), 0);
  return {
    samples: n,
    mean_s: fourDigits(mean_ms / 1000),
    median_s: fourDigits(median_ms / 1000),
    min_s: fourDigits(min_ms / 1000),
    max_s: fourDigits(longest / 1e9),
  };
}

function fourDigits(value: number): number {
  return Number(value.toPrecision(4));
}

/** The results as a text table; `context` is the longest sequence that the model holds. */
export function benchmarkText(results: readonly BenchmarkResult[], context: number): string {
  const head = ["sequence length", "without cache, s", "with cache, s", "speedup", "FLOP ratio"];
  const timed = results.filter(({ without_cache }) => without_cache !== null);
  const cells = timed.map((row) => [
    String(row.seq_len),
    String(row.without_cache?.median_s),
    String(row.with_cache?.median_s),
    `${row.speedup}x`,
    `${row.flops_ratio}x`,
  ]);
  const skipped = results.flatMap(({ seq_len, new_tokens, status }) => {
    if (status !== "too_long") return status === "ok" ? [] : [`seq_len ${seq_len}: ${status}`];
    const tokens = `${seq_len} + ${new_tokens} - 1 tokens exceed max_seq_len (${context})`;
    return [`Skipping seq_len ${seq_len}: ${tokens}`];
  });
  return [textTable(head, cells), ...skipped].join("\n");
}
