/** ratios.csv: arms compared round by round, with a control that compares an arm with itself. */
import { type Row, schemaVersion } from "../cost/row.ts";
import { baselineOf, type Sample } from "./sample.ts";
import { type Interval, mean, median } from "./statistics.ts";
import {
  byProcess,
  type Clustered,
  clusteredInterval,
  clusteredMeanInterval,
  detectableEffect,
  holm,
  type NamedInterval,
  signFlipP,
  verdictOf,
} from "./statistics-pairs.ts";
import { taskFlops } from "./task-cost.ts";
import {
  type Configs,
  digits,
  isFirstToken,
  lengthKey,
  type TimedGroup,
  timedGroups,
} from "./timed-groups.ts";

export const ratioColumns = [
  "schema_version",
  "run_id",
  "model",
  "task",
  "prompt_len",
  "gen_len",
  "arm_a",
  "arm_b",
  "processes",
  "pairs",
  "ratio_median",
  "ratio_ci_lo",
  "ratio_ci_hi",
  "ci_method",
  "ratio_geomean",
  "ratio_geomean_ci_lo",
  "ratio_geomean_ci_hi",
  "p_sign_flip",
  "p_holm",
  "aa_ratio",
  "aa_ci_lo",
  "aa_ci_hi",
  "mde_pct",
  "flops_ratio_predicted",
  "tokens_identical",
  "verdict",
] as const;

export type RatioRow = Row<(typeof ratioColumns)[number]>;

/**
 * The rows of ratios.csv: how many times as long arm a takes as arm b, which is the baseline of the
 * task. The verdict is on arm a: `slower` where it takes longer. `aa_ratio` is the control, the
 * baseline against itself. What was not run or gave other tokens has a row without ratios; the
 * p-values of all other rows are one family.
 */
export function ratioRows(samples: readonly Sample[], configs: Configs): RatioRow[] {
  const lengths = Map.groupBy(
    timedGroups(samples).filter((group) => !isFirstToken(group)),
    lengthKey,
  );
  const rows = [...lengths.values()].flatMap((arms) => lengthRows(arms, configs));
  const tested = rows.filter(({ p_sign_flip }) => p_sign_flip !== null);
  const adjusted = holm(tested.map(({ p_sign_flip }) => Number(p_sign_flip)));
  return rows.map((row) => ({ ...row, p_holm: digits(adjusted[tested.indexOf(row)]) }));
}

function lengthRows(arms: readonly TimedGroup[], configs: Configs): RatioRow[] {
  const { task } = arms[0];
  const baseline = arms.find(({ arm }) => arm === baselineOf(task));
  const twin = arms.find(({ isTwin }) => isTwin);
  if (baseline === undefined) return [];
  const control = twin === undefined ? [] : logRatios(twin, baseline);
  return arms
    .filter((group) => group !== baseline && group !== twin)
    .map((group) => ratioRow(group, baseline, control, configs));
}

function ratioRow(
  a: TimedGroup,
  b: TimedGroup,
  control: readonly Clustered[],
  configs: Configs,
): RatioRow {
  const { run_id, model, task, prompt_len, gen_len } = a;
  const flops = (group: TimedGroup) => taskFlops(configs.get(model) ?? null, group);
  const [flopsA, flopsB] = [flops(a), flops(b)];
  const isWrong = a.status === "mismatch" || b.status === "mismatch";
  const isTimed = a.status === "ok" && b.status === "ok";
  const blank = Object.fromEntries(ratioColumns.map((column) => [column, null])) as RatioRow;
  return {
    ...blank,
    schema_version: schemaVersion,
    ...{ run_id, model, task, prompt_len, gen_len, arm_a: a.arm, arm_b: b.arm },
    ...(isTimed ? pairCells(logRatios(a, b), control) : {}),
    flops_ratio_predicted:
      flopsA === null || flopsB === null ? null : digits(Number(flopsA) / Number(flopsB)),
    tokens_identical: isTimed || isWrong ? isTimed : null,
  };
}

function pairCells(pairs: readonly Clustered[], control: readonly Clustered[]): Partial<RatioRow> {
  const values = pairs.map(({ value }) => value);
  const processes = byProcess(pairs).length;
  const interval = clusteredInterval(pairs);
  const around = clusteredMeanInterval(pairs);
  const aa = clusteredInterval(control);
  return {
    processes,
    pairs: values.length,
    ratio_median: ratio(median(values)),
    ...ends("ratio_ci", interval),
    ci_method: interval?.method ?? null,
    ratio_geomean: ratio(mean(values)),
    ...ends("ratio_geomean_ci", around),
    p_sign_flip: digits(signFlipP(values)),
    aa_ratio: ratio(median(control.map(({ value }) => value))),
    ...ends("aa_ci", aa),
    mde_pct: interval && digits(100 * Math.expm1(detectable(interval, values.length, processes))),
    verdict: verdictOf(interval, [aa]),
  };
}

function detectable(interval: NamedInterval, pairs: number, processes: number): number {
  const units = interval.method === "t_over_processes" ? processes : pairs;
  return detectableEffect(interval, units - 1);
}

/** `ln(a / b)` of every round in which both were run. */
export function logRatios(a: TimedGroup, b: TimedGroup): Clustered[] {
  const placeOf = ({ process_id, round }: Sample) => `${process_id}/${round}`;
  const others = new Map(b.samples.map((sample) => [placeOf(sample), sample]));
  return a.samples.flatMap((sample) => {
    const other = others.get(placeOf(sample));
    if (other === undefined) return [];
    return [{ process: sample.process_id!, value: Math.log(sample.t_ns! / other.t_ns!) }];
  });
}

function ratio(log: number): number | null {
  return digits(Math.exp(log));
}

function ends<Name extends string>(name: Name, interval: Interval | null) {
  return {
    [`${name}_lo`]: interval && ratio(interval.low),
    [`${name}_hi`]: interval && ratio(interval.high),
  } as Record<`${Name}_lo` | `${Name}_hi`, number | null>;
}
