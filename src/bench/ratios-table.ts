/** ratios.csv: arms compared round by round, with a control that compares an arm with itself. */
import {
  blankCells,
  boolean,
  defineTable,
  integer,
  interval,
  number,
  oneOf,
  orBlank,
  type RowOf,
  schemaVersion,
  text,
  version,
} from "../io/table.ts";
import { baselineOf, runId, type Sample, taskColumns } from "./sample.ts";
import { type Interval, mean, median } from "./statistics.ts";
import {
  byProcess,
  type Clustered,
  clusteredInterval,
  clusteredMeanInterval,
  detectableEffect,
  holm,
  intervalMethods,
  type NamedInterval,
  signFlipP,
  timeVerdicts,
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

const ifTimed = (meaning: string) => orBlank(number(meaning));

export const ratiosTable = defineTable({
  file: "ratios.csv",
  command: "npx causalgate bench",
  about:
    "The time of arm a divided by that of arm b, the baseline of its task, round by round. Work " +
    "that was not run or gave other tokens has no ratios.",
  mayBeEmpty: true,
  columns: {
    schema_version: version,
    run_id: runId,
    model: taskColumns.model,
    task: taskColumns.task,
    prompt_len: taskColumns.prompt_len,
    gen_len: taskColumns.gen_len,
    arm_a: text("the arm that is compared"),
    arm_b: text("the baseline"),
    processes: orBlank(integer("processes that ran both arms")),
    pairs: orBlank(integer("rounds in which both arms ran")),
    ratio_median: ifTimed("median ratio; above 1 arm a takes longer"),
    ...interval("ratio_ci_lo", "ratio_ci_hi", "ratio_median"),
    ci_method: orBlank(oneOf(intervalMethods, "method of that interval")),
    ratio_geomean: ifTimed("geometric mean of the ratios"),
    ...interval("ratio_geomean_ci_lo", "ratio_geomean_ci_hi", "ratio_geomean"),
    p_sign_flip: ifTimed("p-value of a sign-flip test that the arms are equal"),
    p_holm: ifTimed("p_sign_flip adjusted for all rows, by Holm's method"),
    aa_ratio: ifTimed("median ratio of the control: the baseline against itself"),
    ...interval("aa_ci_lo", "aa_ci_hi", "aa_ratio"),
    mde_pct: ifTimed("smallest difference in % that would be detected with a power of 80 %"),
    flops_ratio_predicted: ifTimed("ratio of the exact FLOPs"),
    tokens_identical: orBlank(boolean("whether both arms generated the same tokens")),
    verdict: orBlank(oneOf(timeVerdicts, "verdict on arm a")),
  },
});

export type RatioRow = RowOf<typeof ratiosTable>;

/** Returns the rows of ratios.csv; the p-values of all of them are one family. */
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
  return {
    ...blankCells(ratiosTable),
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

/** Returns `ln(a / b)` of every round in which both were run. */
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
