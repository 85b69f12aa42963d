/** growth.csv: growth of the times with a length, beside the growth of the exact FLOPs. */
import {
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
import type { ModelConfig } from "../model/config.ts";
import { type BenchTask, runId, type Sample, taskColumns } from "./sample.ts";
import { type Interval, mean, median } from "./statistics.ts";
import { exponent, lackOfFit, lastExponent, nonNegativeFit } from "./statistics-growth.ts";
import { byProcess, type Clustered, clusteredMeanInterval } from "./statistics-pairs.ts";
import { taskBytes, taskFlops } from "./task-cost.ts";
import {
  type Configs,
  digits,
  isFirstToken,
  milliseconds,
  type TimedGroup,
  timedGroups,
} from "./timed-groups.ts";

const verdicts = ["as_predicted", "above", "below", "inconclusive"] as const;
const orders = ["nested_in_one_run", "random_in_each_round"] as const;
const lengths = ["prompt_len", "gen_len", "seq_len"] as const;

const ifFitted = (meaning: string) => orBlank(number(meaning));

export const growthTable = defineTable({
  file: "growth.csv",
  command: "npx causalgate bench",
  about:
    "Growth of the time with a length n, and of the exact FLOPs with the same length. The slope " +
    "is the exponent of a power law, fitted to each round.",
  mayBeEmpty: true,
  columns: {
    schema_version: version,
    run_id: runId,
    model: taskColumns.model,
    task: taskColumns.task,
    mode: taskColumns.mode,
    variable: oneOf(lengths, "the length n that grows"),
    grid: text("the lengths, separated by blanks"),
    n_points: integer("lengths"),
    rounds: integer("rounds in which all lengths were timed"),
    processes: integer("processes"),
    slope: ifFitted("mean exponent of the time over the whole grid"),
    ...interval("slope_ci_lo", "slope_ci_hi", "slope"),
    slope_predicted_flops: ifFitted("exponent of the exact FLOPs on the same grid"),
    slope_predicted_bytes: ifFitted("exponent of the memory traffic on the same grid"),
    slope_minus_pred: ifFitted("slope minus slope_predicted_flops"),
    ...interval("smp_ci_lo", "smp_ci_hi", "slope_minus_pred"),
    last_segment_slope: ifFitted("exponent of the time between the last two lengths"),
    ...interval("lss_ci_lo", "lss_ci_hi", "last_segment_slope"),
    c0_ms: ifFitted("constant term of a polynomial fit to the times, without negative terms"),
    c1_ms_per_n: ifFitted("its linear term"),
    c2_ms_per_n2: ifFitted("its quadratic term"),
    c3_ms_per_n3: ifFitted("its cubic term"),
    lack_of_fit_p: ifFitted("p-value of a test that the power law fits"),
    order_design: oneOf(orders, "whether the lengths are read in one growing run"),
    verdict: oneOf(verdicts, "growth of the time compared with that of the FLOPs"),
  },
});

export type GrowthRow = RowOf<typeof growthTable>;

/** The length that grows in a task; `nested` if all lengths are read from one growing run. */
const variables: Partial<
  Record<BenchTask, { readonly variable: GrowthRow["variable"]; readonly nested: boolean }>
> = {
  prefill: { variable: "prompt_len", nested: false },
  sequence_length: { variable: "prompt_len", nested: false },
  generation_length: { variable: "gen_len", nested: true },
  generation_alone: { variable: "gen_len", nested: false },
  long_generation: { variable: "gen_len", nested: true },
  decode: { variable: "seq_len", nested: true },
};

/**
 * Returns the rows of growth.csv, one for each model, task and mode with at least three lengths
 * that were timed. `slope` is the exponent of a power law over the grid, fitted in each round by
 * itself, with an interval over rounds and processes; `slope_minus_pred` is the difference from the
 * same fit through the exact FLOPs. `c0` to `c3` are the time as a polynomial without negative
 * terms.
 */
export function growthRows(samples: readonly Sample[], configs: Configs): GrowthRow[] {
  const timed = timedGroups(samples).filter(
    (group) => group.status === "ok" && !group.isTwin && !isFirstToken(group),
  );
  const curves = Map.groupBy(timed, ({ model, task, mode }) => JSON.stringify([model, task, mode]));
  return [...curves.values()].flatMap((curve) => {
    const grows = variables[curve[0].task];
    const config = configs.get(curve[0].model) ?? null;
    if (grows === undefined || config === null || curve.length < 3) return [];
    return [growthRow(curve, grows.variable, grows.nested, config)];
  });
}

function growthRow(
  curve: readonly TimedGroup[],
  variable: GrowthRow["variable"],
  nested: boolean,
  config: ModelConfig,
): GrowthRow {
  const { run_id, model, task, mode } = curve[0];
  const xs = curve.map((group) => group[variable]!);
  const rounds = wholeRounds(curve);
  const predicted = exponent(
    xs,
    curve.map((group) => Number(taskFlops(config, group))),
  );
  const bytes = exponent(
    xs,
    curve.map((group) => Number(taskBytes(config, group))),
  );
  const slopes = rounds.map(({ process, times }) => ({ process, value: exponent(xs, times) }));
  const last = rounds.map(({ process, times }) => ({ process, value: lastExponent(xs, times) }));
  const interval = clusteredMeanInterval(slopes);
  const slope = meanOf(slopes);
  const degree = Math.min(degreeOf(task, mode), xs.length - 1);
  const medians = curve.map((group) => median(group.samples.map(milliseconds)));
  const [c0, c1, c2, c3] = nonNegativeFit(xs, medians, degree);
  return {
    schema_version: schemaVersion,
    ...{ run_id, model, task, mode, variable, grid: xs.join(" "), n_points: xs.length },
    rounds: rounds.length,
    processes: byProcess(slopes).length,
    slope: digits(slope),
    ...ends("slope_ci", interval),
    slope_predicted_flops: digits(predicted),
    slope_predicted_bytes: digits(bytes),
    slope_minus_pred: digits(slope - predicted),
    ...ends("smp_ci", shifted(interval, predicted)),
    last_segment_slope: digits(meanOf(last)),
    ...ends("lss_ci", clusteredMeanInterval(last)),
    c0_ms: digits(c0),
    c1_ms_per_n: digits(c1),
    c2_ms_per_n2: digits(c2),
    c3_ms_per_n3: digits(c3),
    lack_of_fit_p: digits(
      lackOfFit(
        xs,
        rounds.map(({ times }) => times),
      ),
    ),
    order_design: nested ? "nested_in_one_run" : "random_in_each_round",
    verdict: growthVerdict(shifted(interval, predicted)),
  };
}

/** Returns the times of every round in which all lengths were run. */
function wholeRounds(curve: readonly TimedGroup[]) {
  const placeOf = ({ process_id, round }: Sample) => `${process_id}/${round}`;
  const times = curve.map(
    ({ samples }) => new Map(samples.map((sample) => [placeOf(sample), milliseconds(sample)])),
  );
  return curve[0].samples.flatMap((sample) => {
    const found = times.map((of) => of.get(placeOf(sample)));
    if (found.includes(undefined)) return [];
    return [{ process: sample.process_id!, times: found as number[] }];
  });
}

/**
 * Returns the highest power of the length in the FLOPs of a task: attention runs over all earlier
 * tokens for every computed token, and without a cache once more for every new token.
 */
function degreeOf(task: BenchTask, mode: string): number {
  if (task === "decode") return 1;
  const grows = task === "prefill" || task === "sequence_length";
  return mode === "naive" && !grows ? 3 : 2;
}

function growthVerdict(difference: Interval | null): GrowthRow["verdict"] {
  if (difference === null) return "inconclusive";
  if (difference.low > 0) return "above";
  return difference.high < 0 ? "below" : "as_predicted";
}

function meanOf(values: readonly Clustered[]): number {
  return mean(values.map(({ value }) => value));
}

function shifted(interval: Interval | null, by: number): Interval | null {
  return interval && { low: interval.low - by, high: interval.high - by };
}

function ends<Name extends string>(name: Name, interval: Interval | null) {
  return {
    [`${name}_lo`]: digits(interval?.low),
    [`${name}_hi`]: digits(interval?.high),
  } as Record<`${Name}_lo` | `${Name}_hi`, number | null>;
}
