/** The tables of `causalgate bench`, and of the comparisons of engines and rates. */
import { compareTable } from "../../bench/compare-table.ts";
import { growthTable } from "../../bench/growth-table.ts";
import { latencyTable } from "../../bench/latency-table.ts";
import { ratiosTable } from "../../bench/ratios-table.ts";
import { samplesTable } from "../../bench/sample.ts";
import { each, integer, number, oneOf, orBlank, text } from "./cell-types.ts";
import { schema, schemaOf, version } from "./schema.ts";

const verdict = oneOf("faster", "slower", "equivalent", "inconclusive", "void_control_moved");

export const latency = schemaOf(latencyTable);
export const ratios = schemaOf(ratiosTable);
export const growth = schemaOf(growthTable);
export const samples = schemaOf(samplesTable);
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

export const rates = schema("rates.csv", "npm run benchmarks -- rates", rateColumns, {
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
export const peers = schema("peers.csv", "npm run benchmarks -- peers", peerColumns, {
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
