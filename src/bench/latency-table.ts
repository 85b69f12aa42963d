/** latency.csv: the time of each task, beside its exact cost. */
import {
  bigInteger,
  blankCells,
  defineTable,
  integer,
  interval,
  number,
  oneOf,
  orBlank,
  type RowOf,
  schemaVersion,
  version,
} from "../io/table.ts";
import {
  isOfMachine,
  machineColumns,
  runId,
  type Sample,
  sampleStatuses,
  taskColumns,
} from "./sample.ts";
import {
  deviation,
  drift,
  effectiveSize,
  type Interval,
  lag1,
  mean,
  meanInterval,
  median,
  medianDeviation,
  medianInterval,
  outliers,
  percentile,
} from "./statistics.ts";
import { byProcess } from "./statistics-pairs.ts";
import { taskFlops } from "./task-cost.ts";
import {
  type Configs,
  digits,
  isFirstToken,
  milliseconds,
  type TimedGroup,
  timedGroups,
} from "./timed-groups.ts";

const ifTimed = (meaning: string) => orBlank(number(meaning));

export const latencyTable = defineTable({
  file: "latency.csv",
  command: "npx causalgate bench",
  about:
    "The time of one task in one mode at one length, and its exact FLOPs. A row whose status is " +
    "not ok has no times. Controls are in ratios.csv.",
  columns: {
    schema_version: version,
    run_id: runId,
    ...taskColumns,
    ...machineColumns,
    processes: orBlank(integer("processes that timed it")),
    rounds: orBlank(integer("largest number of samples of a process")),
    n: orBlank(integer("samples")),
    median_ms: ifTimed("median time in milliseconds"),
    ...interval("median_ci_lo_ms", "median_ci_hi_ms", "median_ms"),
    mean_ms: ifTimed("mean time in milliseconds"),
    ...interval("mean_ci_lo_ms", "mean_ci_hi_ms", "mean_ms"),
    min_ms: ifTimed("shortest time in milliseconds"),
    mad_ms: ifTimed("median absolute deviation in milliseconds"),
    cv: ifTimed("standard deviation divided by the mean"),
    p90_ms: ifTimed("90th percentile in milliseconds; blank for too few samples"),
    p95_ms: ifTimed("95th percentile in milliseconds; blank for too few samples"),
    p99_ms: ifTimed("99th percentile in milliseconds; blank for too few samples"),
    ttft_ms: ifTimed("median time to the first token in milliseconds"),
    tpot_ms: ifTimed("median time per token after the first in milliseconds"),
    tokens_per_s: ifTimed("tokens per second at the median: of the prompt in a prefill, else new"),
    lag1_autocorr: ifTimed("autocorrelation of consecutive samples of a process"),
    n_eff: ifTimed("number of independent samples with the same information"),
    drift_pct_per_run: ifTimed("trend from first to last sample of a process in % of the median"),
    outliers_mild: orBlank(integer("samples 1.5 to 3 interquartile ranges beyond the quartiles")),
    outliers_severe: orBlank(integer("samples further beyond the quartiles")),
    gc_share: ifTimed("mean share of the time in garbage collection"),
    preempted_share: ifTimed("share of samples with an involuntary context switch"),
    flops_exact_causal: orBlank(bigInteger("exact causal FLOPs of the task")),
    gflops_per_s: ifTimed("10^9 exact FLOPs per second at the median"),
    roof_fraction: ifTimed("gflops_per_s divided by that of the shortest roof"),
    status: oneOf(sampleStatuses, "mismatch: wrong tokens; the last two were not run"),
  },
});

export type LatencyRow = RowOf<typeof latencyTable>;

/**
 * Returns the rows of latency.csv. Rates are compared with the shortest time of the `roof`, which
 * other processes of the machine disturb least.
 */
export function latencyRows(samples: readonly Sample[], configs: Configs): LatencyRow[] {
  const all = timedGroups(samples);
  const roofs = all.filter(({ task, isTwin }) => task === "roof" && !isTwin);
  const roof = Math.max(...roofs.map((group) => gigaflops(group, configs, shortest) ?? 0));
  return all
    .filter((group) => !group.isTwin && !isFirstToken(group))
    .map((group) => latencyRow(group, all, configs, roof > 0 ? roof : null));
}

function latencyRow(
  group: TimedGroup,
  all: readonly TimedGroup[],
  configs: Configs,
  roof: number | null,
): LatencyRow {
  const { run_id, model, task, mode, prompt_len, seq_len, gen_len, samples, status } = group;
  const rate = gigaflops(group, configs, median);
  return {
    ...blankCells(latencyTable),
    schema_version: schemaVersion,
    ...{ run_id, model, task, mode, prompt_len, seq_len, gen_len },
    batch: 1,
    dtype: "float64",
    threads: 1,
    ...(status === "ok" ? { ...timeCells(samples), ...tokenCells(group, all) } : {}),
    flops_exact_causal: taskFlops(configs.get(model) ?? null, group),
    gflops_per_s: digits(rate),
    roof_fraction: rate === null || roof === null ? null : digits(rate / roof),
    status,
  };
}

/** Returns the cells that depend on the times alone. */
function timeCells(samples: readonly Sample[]): Partial<LatencyRow> {
  const times = samples.map(milliseconds);
  const clusters = byProcess(
    samples.map((sample) => ({ process: sample.process_id!, value: milliseconds(sample) })),
  );
  const inPlace = clusters.flatMap((cluster) => cluster.map((time) => time - median(cluster)));
  const autocorrelation = lag1(inPlace);
  const { mild, severe } = outliers(times);
  const drifts = clusters.map(drift).filter((change) => change !== null);
  return {
    processes: clusters.length,
    rounds: Math.max(...clusters.map(({ length }) => length)),
    n: times.length,
    median_ms: digits(median(times)),
    ...intervalCells("median", medianInterval(times)),
    ...summaryCells(times),
    p90_ms: digits(percentile(times, 0.9)),
    p95_ms: digits(percentile(times, 0.95)),
    p99_ms: digits(percentile(times, 0.99)),
    lag1_autocorr: digits(autocorrelation),
    n_eff: digits(effectiveSize(times.length, autocorrelation)),
    drift_pct_per_run: digits(drifts.length === 0 ? null : 100 * median(drifts)),
    outliers_mild: mild,
    outliers_severe: severe,
    gc_share: share(samples, ({ gc_ns, t_ns }) => (gc_ns === null ? null : gc_ns / t_ns!)),
    preempted_share: share(samples, ({ invol_ctx_switches }) =>
      invol_ctx_switches === null ? null : Math.min(1, invol_ctx_switches),
    ),
  };
}

function summaryCells(times: readonly number[]): Partial<LatencyRow> {
  const isAlone = times.length === 1;
  return {
    mean_ms: digits(mean(times)),
    ...intervalCells("mean", meanInterval(times)),
    min_ms: digits(Math.min(...times)),
    mad_ms: digits(medianDeviation(times)),
    cv: digits(isAlone ? null : deviation(times) / mean(times)),
  };
}

function intervalCells(what: "median" | "mean", interval: Interval | null): Partial<LatencyRow> {
  return {
    [`${what}_ci_lo_ms`]: digits(interval?.low),
    [`${what}_ci_hi_ms`]: digits(interval?.high),
  };
}

/** Returns the mean of a share over samples; null if it is unknown for any of them. */
function share(samples: readonly Sample[], of: (sample: Sample) => number | null): number | null {
  const shares = samples.map(of);
  if (shares.includes(null)) return null;
  return digits(shares.reduce<number>((sum, one) => sum + one!, 0) / shares.length);
}

/**
 * Returns the time to the first token, the time per token after it, and tokens per second: tokens
 * of the prompt for a prefill, new tokens otherwise.
 */
function tokenCells(group: TimedGroup, all: readonly TimedGroup[]): Partial<LatencyRow> {
  const { task, prompt_len, gen_len, samples } = group;
  const time = median(samples.map(milliseconds));
  if (isOfMachine(task)) return {};
  if (task === "prefill") {
    return { ttft_ms: digits(time), tokens_per_s: digits((1000 * prompt_len!) / time) };
  }
  const first = all.find(
    (other) =>
      isFirstToken(other) &&
      (["model", "task", "arm", "prompt_len"] as const).every((key) => other[key] === group[key]),
  );
  const perRun = samples.flatMap((sample) => {
    const begun = first?.samples.find(
      ({ process_id, seq_no }) => process_id === sample.process_id && seq_no === sample.seq_no,
    );
    return begun === undefined || gen_len === 1
      ? []
      : [(milliseconds(sample) - milliseconds(begun)) / (gen_len - 1)];
  });
  return {
    ttft_ms: digits(first && median(first.samples.map(milliseconds))),
    tpot_ms: digits(median(perRun)),
    tokens_per_s: digits((1000 * gen_len) / time),
  };
}

/** Returns 10^9 exact FLOPs per second at one of the times; null if none are counted or timed. */
function gigaflops(
  group: TimedGroup,
  configs: Configs,
  timeOf: (times: readonly number[]) => number,
): number | null {
  const flops = taskFlops(configs.get(group.model) ?? null, group);
  if (flops === null || group.status !== "ok") return null;
  return Number(flops) / timeOf(group.samples.map(milliseconds)) / 1e6;
}

function shortest(times: readonly number[]): number {
  return Math.min(...times);
}
