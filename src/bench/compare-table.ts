/** compare.csv: a run against an earlier one, to tell a regression from noise. */
import {
  boolean,
  defineTable,
  integer,
  interval,
  number,
  oneOf,
  type RowOf,
  schemaVersion,
  text,
  version,
} from "../io/table.ts";
import { logRatios } from "./ratios-table.ts";
import { baselineOf, isOfMachine, runId, type Sample, taskColumns } from "./sample.ts";
import { type Interval, median } from "./statistics.ts";
import {
  clusteredInterval,
  differenceInterval,
  timeVerdicts,
  verdictOf,
} from "./statistics-pairs.ts";
import {
  digits,
  isFirstToken,
  lengthKey,
  milliseconds,
  rounded,
  type TimedGroup,
  timedGroups,
} from "./timed-groups.ts";

export const compareTable = defineTable({
  file: "compare.csv",
  command: "npx causalgate bench --compare FILE",
  about: "The time of a task now divided by its time in an earlier run, the base run.",
  mayBeEmpty: true,
  columns: {
    schema_version: version,
    run_id: runId,
    base_run_id: text("start of the base run in UTC"),
    ...taskColumns,
    processes: integer("processes that timed it"),
    n: integer("samples"),
    base_processes: integer("processes of the base run"),
    base_n: integer("samples of the base run"),
    median_ms: number("median time in milliseconds"),
    base_median_ms: number("median time of the base run in milliseconds"),
    ratio_median: number("ratio of the times; above 1 is slower than the base run"),
    ...interval("ratio_ci_lo", "ratio_ci_hi", "ratio_median"),
    tokens_identical: boolean("whether both runs generated the same tokens"),
    verdict: oneOf(timeVerdicts, "verdict on this run; a regression is slower"),
  },
});

export type CompareRow = RowOf<typeof compareTable>;

/**
 * Returns a row for every task that both runs timed. The controls are those of both runs, and the
 * bare loops of the machine: no change of this project affects them, so their difference is that of
 * the machine.
 */
export function compareRows(now: readonly Sample[], base: readonly Sample[]): CompareRow[] {
  const [ofNow, ofBase] = [timedGroups(now), timedGroups(base)];
  const same = (group: TimedGroup) => {
    const key = lengthKey(group) + group.arm;
    return ofBase.find((other) => lengthKey(other) + other.arm === key);
  };
  const pairs = ofNow.flatMap((group) => {
    const other = same(group);
    const isTimed = group.status === "ok" && other?.status === "ok";
    return isTimed && !isFirstToken(group) && !group.isTwin ? [[group, other] as const] : [];
  });
  const machine = pairs
    .filter(([{ task }]) => isOfMachine(task))
    .map(([group, other]) => ratioOf(group, other).interval);
  return pairs
    .filter(([{ task }]) => !isOfMachine(task))
    .map(([group, other]) => {
      const controls = [controlOf(group, ofNow), controlOf(other, ofBase)].flat();
      return compareRow(group, other, [...controls, ...machine]);
    });
}

function compareRow(
  group: TimedGroup,
  base: TimedGroup,
  controls: readonly (Interval | null)[],
): CompareRow {
  const { run_id, model, task, mode, prompt_len, seq_len, gen_len } = group;
  const { middle, interval } = ratioOf(group, base);
  const count = ({ samples }: TimedGroup) => new Set(samples.map((one) => one.process_id)).size;
  return {
    schema_version: schemaVersion,
    ...{ run_id, base_run_id: base.run_id, model, task, mode, prompt_len, seq_len, gen_len },
    processes: count(group),
    n: group.samples.length,
    base_processes: count(base),
    base_n: base.samples.length,
    median_ms: rounded(median(group.samples.map(milliseconds))),
    base_median_ms: rounded(median(base.samples.map(milliseconds))),
    ratio_median: rounded(Math.exp(middle)),
    ratio_ci_lo: digits(interval && Math.exp(interval.low)),
    ratio_ci_hi: digits(interval && Math.exp(interval.high)),
    tokens_identical: group.samples[0].token_digest === base.samples[0].token_digest,
    verdict: verdictOf(interval, controls),
  };
}

/** Returns the interval of the log ratio of two groups that were measured in different runs. */
function ratioOf(a: TimedGroup, b: TimedGroup): { middle: number; interval: Interval | null } {
  const [one, other] = [a, b].map(({ samples }) =>
    samples.map((sample) => ({
      process: sample.process_id!,
      value: Math.log(milliseconds(sample)),
    })),
  );
  const [ofA, ofB] = [clusteredInterval(one), clusteredInterval(other)];
  const middleOf = (logs: typeof one) => median(logs.map(({ value }) => value));
  return {
    middle: middleOf(one) - middleOf(other),
    interval: ofA && ofB && differenceInterval(ofA, ofB),
  };
}

/** Returns the interval of a run's control at the length of a group, if there is one. */
function controlOf(group: TimedGroup, all: readonly TimedGroup[]): (Interval | null)[] {
  const beside = all.filter((other) => lengthKey(other) === lengthKey(group));
  const twin = beside.find(({ isTwin }) => isTwin);
  const baseline = beside.find(({ arm }) => arm === baselineOf(group.task));
  if (twin === undefined || baseline === undefined) return [];
  return [clusteredInterval(logRatios(twin, baseline))];
}
