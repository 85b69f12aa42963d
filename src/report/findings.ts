/**
 * Findings, each worded once: for the page, the Markdown, the figures, `causalgate explain` and
 * `causalgate bench`. None ends with a period.
 */
import { duration, grouped, scientific, si, significant } from "../io/numbers.ts";
import { mutantCounts } from "./mutant-counts.ts";
import { isOfReference, referenceLabel, subjectText } from "./origin.ts";
import type { TableRow } from "./schemas.ts";
import {
  type CostSummary,
  type EngineSummary,
  type GoldenSummary,
  goldenSummary,
  type LawSummary,
  lawSummary,
} from "./summaries.ts";
import type { Tables } from "./tables.ts";

type LawRow = TableRow<"laws">;

/** Returns the verdict on the subject of laws.csv as one line. */
export function headline(tables: Tables): string {
  const [laws, goldens] = [lawSummary(tables), goldenSummary(tables)];
  const failing = laws?.failing ?? [];
  const isBroken = ({ status }: LawRow) => ["broken", "not deterministic"].includes(status);
  const broken = failing.filter(isBroken).length;
  const errors = failing.filter(({ status }) => status === "error").length;
  const unproven = failing.length - broken - errors;
  const isLate = failing.some(({ status }) => status === "out of time");
  const incomplete = isLate ? "unproven or out of time" : "unproven";
  const who = subjectText(tables).replace(/^the /, "The ");
  const departures = [
    ...(broken > 0 ? [`${broken} of ${laws?.rows.length} laws`] : []),
    ...(goldens?.broken.length
      ? [`${goldens.broken.length} of ${goldens.rows.length} recordings`]
      : []),
  ];
  const wrong = [
    ...(departures.length > 0 ? [`breaks ${departures.join(" and ")}`] : []),
    ...(errors > 0 ? [`ends ${errors} of ${laws?.rows.length} laws with an error`] : []),
  ];
  if (wrong.length > 0) {
    const rest = unproven > 0 ? `; ${unproven} more are ${incomplete}` : "";
    return `${who} ${wrong.join(" and ")}${rest}`;
  }
  if (unproven > 0) {
    return `${who}: ${unproven} of ${laws?.rows.length} laws are ${incomplete}`;
  }
  if (laws !== null) {
    const offered = laws.rows.length - laws.notOffered.length;
    const [first] = laws.kept;
    if (offered === 1 && first !== undefined) return `${who} keeps the law ${first.law}`;
    const all = offered === laws.kept.length ? "all " : "";
    return `${who} keeps ${all}${laws.kept.length} laws`;
  }
  return goldens === null
    ? "Nothing has been tested yet"
    : "The reference decoder gives the recorded logits";
}

export function lawsFinding({ kept, failing, notOffered, cases }: LawSummary): string {
  const counts = `${kept.length} kept, ${failing.length} failing, ${notOffered.length} not offered`;
  return `${counts}; ${grouped(cases)} cases`;
}

/**
 * Returns an error with its tolerance; null for a result that is not a number, or for equal bits.
 */
export function errorFinding(error: number | null, tolerance: number | null): string {
  const most = tolerance === null ? "nothing" : scientific(tolerance);
  return `${error === null ? "not a number" : scientific(error)} of ${most} allowed`;
}

export function goldensFinding({ rows, broken, nearest }: GoldenSummary): string {
  const matched = `${rows.length - broken.length} of ${rows.length} recordings of logits matched`;
  return `${matched}, the worst ${errorFinding(nearest.largest_error, nearest.tolerance)}`;
}

export function enginesFinding(engines: readonly EngineSummary[]): string {
  const agreeing = engines.filter(({ failing }) => failing === 0).length;
  const count = `${agreeing} of ${engines.length} other engines`;
  return `${count} keep every law that applies to them, in runs of ${daysOf(engines)}`;
}

/** Returns the day of the runs that gave the verdicts, or the first and the last day. */
export function daysOf(engines: readonly EngineSummary[]): string {
  const runs = engines.flatMap(({ rows }) => rows.map(({ run_id }) => run_id.slice(0, 10)));
  const days = [...new Set(runs)].sort();
  return days.length === 1 ? days[0] : `${days[0]} to ${days.at(-1)}`;
}

export function mutantsFinding(rows: readonly TableRow<"mutants">[]): string {
  const { planted, real, own, byLaw, byCheckOnly, equivalent, undetected } = mutantCounts(rows);
  const bugs = `${planted} bugs planted in the code of causalgate (${real} real, ${own} our own)`;
  const detected = `a law detects ${byLaw}, only a check of another part ${byCheckOnly}`;
  return `${bugs}: ${detected}; ${equivalent} change no result, ${undetected} remain undetected`;
}

type RatioRow = TableRow<"ratios">;

/** Returns a value with its interval, if it has one: `74.5 [51.4, 128]`. */
export function withInterval(value: number, low: number | null, high: number | null): string {
  const middle = significant(value);
  if (low === null || high === null) return middle;
  return `${middle} [${significant(low)}, ${significant(high)}]`;
}

/** Returns true if a ratio differs from 1: if its interval exists and does not contain 1. */
export function differsFromOne(low: number | null, high: number | null): boolean {
  return low !== null && high !== null && (low > 1 || high < 1);
}

/** Returns the benefit of the cache in time: the median of the ratios of pairs. */
export function speedFinding(ratio: RatioRow): string {
  const { model, prompt_len: P, gen_len, ratio_median, ratio_ci_lo, ratio_ci_hi } = ratio;
  const times = withInterval(Number(ratio_median), ratio_ci_lo, ratio_ci_hi);
  const what = `${grouped(gen_len)} tokens of ${model} after ${grouped(P ?? 0)}`;
  if (differsFromOne(ratio_ci_lo, ratio_ci_hi)) {
    return `${what} take ${times} times as long without a cache`;
  }
  return `${what}: no proven difference without a cache, a ratio of ${times}`;
}

/** Returns the same with the subject and the run, if they are not those of the laws. */
export function labelledSpeed(tables: Tables, ratio: RatioRow): string {
  return `${referenceLabel(tables, ratio.run_id)}${speedFinding(ratio)}`;
}

/** Returns the medians of the times of two modes, and their quotient, which uses the same runs. */
export function mediansFinding(cachedMs: number, naiveMs: number): string {
  const [cached, naive] = [cachedMs, naiveMs].map((ms) => duration(ms / 1000));
  const quotient = significant(naiveMs / cachedMs);
  return `medians: ${cached} with the cache, ${naive} without, a quotient of ${quotient}`;
}

/** Returns the same benefit in exact FLOPs; null if the FLOPs are unknown. */
export function flopsFinding({ flops_ratio_predicted: times }: RatioRow): string | null {
  return times === null ? null : `the exact FLOPs are ${significant(times)} times as many`;
}

type GrowthRow = TableRow<"growth">;

export function exponentFinding(row: GrowthRow): string {
  const { mode, slope, slope_ci_lo: low, slope_ci_hi: high, slope_predicted_flops: exact } = row;
  const interval = low === null || high === null ? "" : ` [${fixed(low)}, ${fixed(high)}]`;
  const flops = exact === null ? "" : `, exact FLOPs as n^${fixed(exact)}`;
  const how = mode === "naive" ? "without a cache" : "with a cache";
  return `${how} time grows as n^${fixed(slope)}${interval}${flops}`;
}

/** Returns the cost of a generation in exact FLOPs, labelled with the model if need be. */
export function labelledCost(tables: Tables, cost: CostSummary): string {
  const other = isOfReference(tables)
    ? ""
    : `counted for a model, not for ${subjectText(tables)}: `;
  return `${other}${costFinding(cost)}`;
}

/** Returns the cost of a generation in exact FLOPs, with a cache and without. */
function costFinding({ cached, naive }: CostSummary): string {
  const what = `${cached.gen_len} tokens of ${cached.model} after ${cached.prompt_len}`;
  const [with_, without] = [cached, naive].map((row) => si(row.total_exact_causal, "FLOP"));
  return `${what} cost ${with_} with a cache, ${without} without`;
}

/** Returns the number of attention probabilities for later positions. */
export function attentionFinding(rows: readonly TableRow<"attention">[]): string {
  const ahead = rows.filter((row) => row.key_position > row.query_position);
  const seen = ahead.filter(({ probability }) => probability !== 0).length;
  return `of ${ahead.length} attention probabilities that look ahead, ${seen} differ from 0`;
}

/** Returns the differences of logits within a common prefix, and after it. */
export function prefixFinding(rows: readonly TableRow<"causality">[]): [string, string] {
  const largest = (inPrefix: boolean) =>
    rows.filter(({ in_prefix }) => in_prefix === inPrefix).map((row) => row.largest_difference);
  const [before, after] = [largest(true), largest(false)];
  return [
    `two texts share their first ${before.length} tokens, where their logits differ by at most ${scientific(Math.max(...before))}`,
    `at the ${after.length} positions after them the largest difference is ${significant(Math.min(...after))} to ${significant(Math.max(...after))}`,
  ];
}

/** Returns an exponent with two digits. */
export function fixed(value: number | null): string {
  return value === null ? "?" : value.toFixed(2);
}

/** Returns findings as one sentence. */
export function sentence(...findings: readonly (string | null)[]): string {
  const text = findings.filter((finding) => finding !== null).join("; ");
  return `${capital(text)}.`;
}

function capital(text: string): string {
  return `${text[0].toUpperCase()}${text.slice(1)}`;
}
