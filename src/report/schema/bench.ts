/** The tables of `causalgate bench`, and of the comparisons of engines and rates. */
import { compareTable } from "../../bench/compare-table.ts";
import { growthColumns } from "../../bench/growth-table.ts";
import { latencyColumns } from "../../bench/latency-table.ts";
import { ratioColumns } from "../../bench/ratios-table.ts";
import { samplesColumns, tasks } from "../../bench/sample.ts";
import type { CellType } from "./cell-types.ts";
import {
  blank,
  boolean,
  count,
  each,
  integer,
  number,
  oneOf,
  orBlank,
  text,
} from "./cell-types.ts";
import { type Schema, schema, schemaOf, version } from "./schema.ts";

const task = oneOf(...tasks);
const status = oneOf("ok", "mismatch", "too_long", "not_run");
const verdict = oneOf("faster", "slower", "equivalent", "inconclusive", "void_control_moved");
const command = "npx causalgate bench";

function perhapsEmpty<Types extends Record<string, CellType<unknown>>>(
  table: Schema<Types>,
): Schema<Types> {
  return { ...table, mayBeEmpty: true };
}

export const latency = schema("latency.csv", command, latencyColumns, {
  ...version,
  ...each(text, "run_id", "model", "mode", "dtype"),
  ...each(integer, "gen_len", "batch", "threads"),
  ...each(orBlank(integer), "prompt_len", "seq_len", "processes", "rounds", "n"),
  ...each(orBlank(number), "median_ms", "median_ci_lo_ms", "median_ci_hi_ms"),
  ...each(orBlank(number), "mean_ms", "mean_ci_lo_ms", "mean_ci_hi_ms", "min_ms", "mad_ms"),
  ...each(orBlank(number), "cv", "p90_ms", "p95_ms", "p99_ms", "ttft_ms", "tpot_ms"),
  ...each(orBlank(number), "tokens_per_s", "lag1_autocorr", "n_eff", "drift_pct_per_run"),
  ...each(orBlank(integer), "outliers_mild", "outliers_severe"),
  ...each(orBlank(number), "gc_share", "preempted_share", "gflops_per_s", "roof_fraction"),
  flops_exact_causal: orBlank(count),
  task,
  status,
});

export const ratios = perhapsEmpty(
  schema("ratios.csv", command, ratioColumns, {
    ...version,
    ...each(text, "run_id", "model", "arm_a", "arm_b"),
    task,
    gen_len: integer,
    ...each(orBlank(integer), "prompt_len", "processes", "pairs"),
    ci_method: orBlank(oneOf("order_statistic", "t_over_processes", "t_over_rounds")),
    ...each(orBlank(number), "ratio_median", "ratio_ci_lo", "ratio_ci_hi", "ratio_geomean"),
    ...each(orBlank(number), "ratio_geomean_ci_lo", "ratio_geomean_ci_hi", "p_sign_flip"),
    ...each(orBlank(number), "p_holm", "aa_ratio", "aa_ci_lo", "aa_ci_hi", "mde_pct"),
    flops_ratio_predicted: orBlank(number),
    tokens_identical: orBlank(boolean),
    verdict: orBlank(verdict),
  }),
);

export const growth = perhapsEmpty(
  schema("growth.csv", command, growthColumns, {
    ...version,
    ...each(text, "run_id", "model", "mode", "grid"),
    task,
    variable: oneOf("prompt_len", "gen_len", "seq_len"),
    ...each(integer, "n_points", "rounds", "processes"),
    ...each(orBlank(number), "slope", "slope_ci_lo", "slope_ci_hi", "slope_predicted_flops"),
    ...each(orBlank(number), "slope_predicted_bytes", "slope_minus_pred", "smp_ci_lo", "smp_ci_hi"),
    ...each(orBlank(number), "last_segment_slope", "lss_ci_lo", "lss_ci_hi", "lack_of_fit_p"),
    ...each(orBlank(number), "c0_ms", "c1_ms_per_n", "c2_ms_per_n2", "c3_ms_per_n3"),
    order_design: oneOf("nested_in_one_run", "random_in_each_round"),
    verdict: oneOf("as_predicted", "above", "below", "inconclusive"),
  }),
);

export const samples = schema("samples.csv", command, samplesColumns, {
  ...version,
  ...each(text, "run_id", "arm", "model", "mode", "dtype"),
  ...each(orBlank(integer), "process_id", "round", "slot", "seq_no", "prompt_len", "seq_len"),
  process_label_swap: orBlank(boolean),
  task,
  ...each(integer, "gen_len", "batch", "threads"),
  position: orBlank(integer),
  ...each(orBlank(number), "t_start_ns", "t_ns", "cpu_user_us", "cpu_sys_us", "gc_ns"),
  ...each(orBlank(integer), "gc_count", "invol_ctx_switches", "rss_bytes", "heap_used_bytes"),
  ...each(blank, "flops_counted", "bytes_counted"),
  ...each(orBlank(text), "token_digest", "error"),
  status,
});

export const compare = schemaOf(compareTable);

const rateColumns = [
  "schema_version",
  "run_id",
  "what",
  "context_tokens",
  "n",
  "median_ms",
  "gflops_per_s",
  "ratio_to_dot",
  "cases_per_s",
  "checksum",
] as const;

export const rates = schema("rates.csv", "npm run bench -- --rates-only", rateColumns, {
  ...version,
  ...each(text, "run_id", "what"),
  ...each(orBlank(integer), "context_tokens", "n", "cases_per_s"),
  ...each(orBlank(number), "median_ms", "gflops_per_s", "ratio_to_dot", "checksum"),
});

const peerColumns = [
  "schema_version",
  "run_id",
  "model",
  "task",
  "prompt_len",
  "engine",
  "version",
  "dtype",
  "threads",
  "processes",
  "n",
  "median_ms",
  "median_ci_lo_ms",
  "median_ci_hi_ms",
  "tokens_per_s",
  "ratio_to_reference",
  "ratio_ci_lo",
  "ratio_ci_hi",
  "aa_ratio",
  "aa_ci_lo",
  "aa_ci_hi",
  "verdict",
  "largest_error",
  "allowed_error",
  "status",
  "error",
] as const;

/** The same models on other engines; a prompt's time, or that of one token. */
export const peers = schema("peers.csv", "npm run bench -- --peers", peerColumns, {
  ...version,
  ...each(text, "run_id", "model", "engine", "dtype"),
  task: oneOf("prefill", "decode", "naive"),
  ...each(integer, "prompt_len", "threads"),
  ...each(orBlank(text), "version", "error"),
  ...each(orBlank(integer), "processes", "n"),
  ...each(orBlank(number), "median_ms", "median_ci_lo_ms", "median_ci_hi_ms", "tokens_per_s"),
  ...each(orBlank(number), "ratio_to_reference", "ratio_ci_lo", "ratio_ci_hi"),
  ...each(orBlank(number), "aa_ratio", "aa_ci_lo", "aa_ci_hi"),
  ...each(orBlank(number), "largest_error", "allowed_error"),
  verdict: orBlank(verdict),
  status: oneOf("ok", "not_installed", "not_offered", "mismatch"),
});
