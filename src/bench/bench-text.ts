import { ridgePoint } from "../cost/roofline.ts";
import type { DeviceRoofs } from "../cost/roofline-table.ts";
import { rowsText } from "../io/rows-text.ts";
import type { BenchTables } from "./bench-tables.ts";
import { type CompareRow, compareTable } from "./compare-table.ts";
import type { RatioRow } from "./ratios-table.ts";

/** Returns the result of a benchmark in a few lines: verdicts, controls, rows without times. */
export function benchText({ latency, ratios, roofs }: BenchTables): string {
  const verdicts = ratios.flatMap(({ verdict }) => verdict ?? []);
  const moved = ratios.filter(excludesOne).length;
  const controls = ratios.filter(({ aa_ci_lo }) => aa_ci_lo !== null).length;
  const without = latency.filter(({ status }) => status !== "ok");
  return [
    `${verdicts.length} comparisons: ${counts(verdicts)}`,
    `Controls, an arm against itself: ${moved} of ${controls} intervals exclude 1; by chance at most 5 % do`,
    ...(roofs === null ? [] : [roofsText(roofs)]),
    ...(without.length === 0
      ? []
      : [`Without a time: ${counts(without.map(({ status }) => status))}`]),
  ].join("\n");
}

/** Returns the measured roofs as options of `causalgate cost roofline`. */
function roofsText({ peak, bandwidth }: DeviceRoofs): string {
  const [flopsPerS, bytesPerS] = [peak, bandwidth].map(({ value }) => Number(value.toPrecision(3)));
  const ridge = ridgePoint({ flopsPerS, bytesPerS }).toPrecision(3);
  const options = `--peak-flops ${flopsPerS.toExponential()} --bandwidth ${bytesPerS.toExponential()}`;
  return `This machine, one thread: ${options}; memory is the limit below ${ridge} FLOPs per byte`;
}

function excludesOne({ aa_ci_lo, aa_ci_hi }: RatioRow): boolean {
  return aa_ci_lo !== null && aa_ci_hi !== null && (aa_ci_lo > 1 || aa_ci_hi < 1);
}

/** Returns the changes from the base run, and the number of each verdict. */
export function compareText(rows: readonly CompareRow[]): string {
  const changed = rows.filter(({ verdict }) => verdict === "slower" || verdict === "faster");
  const columns = [
    "model",
    "task",
    "mode",
    "prompt_len",
    "gen_len",
    "ratio_median",
    "ratio_ci_lo",
    "ratio_ci_hi",
    "verdict",
  ] as const;
  const head = `Against the base run: ${counts(rows.map(({ verdict }) => verdict)) || "nothing in common"}`;
  return changed.length === 0 ? head : `${head}\n${rowsText(compareTable, changed, columns)}`;
}

/** `3 slower, 2 equivalent` */
function counts(words: readonly string[]): string {
  const groups = Map.groupBy(words, (word) => word);
  return [...groups].map(([word, { length }]) => `${length} ${word}`).join(", ");
}
