/** compare.csv: a run against an earlier one, to tell a regression from noise. */
import { type Row, schemaVersion } from "../cost/row.ts";
import { logRatios } from "./ratios-table.ts";
import { baselineOf, isOfMachine, type Sample } from "./sample.ts";
import { type Interval, median } from "./statistics.ts";
import {
  clusteredInterval,
  differenceInterval,
  type TimeVerdict,
  verdictOf,
} from "./statistics-pairs.ts";
import {
  digits,
  isFirstToken,
  lengthKey,
  milliseconds,
  type TimedGroup,
  timedGroups,
} from "./timed-groups.ts";

export const compareColumns = [
  "schema_version",
  "run_id",
  "base_run_id",
  "model",
  "task",
  "mode",
  "prompt_len",
  "seq_len",
  "gen_len",
  "processes",
  "n",
  "base_processes",
  "base_n",
  "median_ms",
  "base_median_ms",
  "ratio_median",
  "ratio_ci_lo",
  "ratio_ci_hi",
  "tokens_identical",
  "verdict",
] as const;

export type CompareRow = Row<(typeof compareColumns)[number]> & { readonly verdict: TimeVerdict };

/**
 * How many times as long each task takes now as in the base run, for all that both have timed. The
 * controls are both runs' own, and the bare loops of the machine: code that no change touches, so
 * that their difference is the machine's. A regression is `slower`.
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
    median_ms: digits(median(group.samples.map(milliseconds))),
    base_median_ms: digits(median(base.samples.map(milliseconds))),
    ratio_median: digits(Math.exp(middle)),
    ratio_ci_lo: digits(interval && Math.exp(interval.low)),
    ratio_ci_hi: digits(interval && Math.exp(interval.high)),
    tokens_identical: group.samples[0].token_digest === base.samples[0].token_digest,
    verdict: verdictOf(interval, controls),
  };
}

/** The interval of the log ratio of two groups that were measured in different runs. */
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

/** The interval of a run's own control at the length of a group, if it has one. */
function controlOf(group: TimedGroup, all: readonly TimedGroup[]): (Interval | null)[] {
  const beside = all.filter((other) => lengthKey(other) === lengthKey(group));
  const twin = beside.find(({ isTwin }) => isTwin);
  const baseline = beside.find(({ arm }) => arm === baselineOf(group.task));
  if (twin === undefined || baseline === undefined) return [];
  return [clusteredInterval(logRatios(twin, baseline))];
}
