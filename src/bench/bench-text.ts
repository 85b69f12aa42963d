import { ridgePoint } from "../cost/roofline.ts";
import type { DeviceRoofs } from "../cost/roofline-table.ts";
import { rowsText } from "../io/rows-text.ts";
import type { BenchTables } from "./bench-tables.ts";
import { type CompareRow, compareTable } from "./compare-table.ts";
import type { RatioRow } from "./ratios-table.ts";

/** What a bench came to, in a few lines: verdicts, controls, and what has no figure. */
export function benchText({ latency, ratios, roofs }: BenchTables): string {
  const timed = ratios.filter(({ verdict }) => verdict !== null);
  const moved = ratios.filter(excludesOne).length;
  const controls = ratios.filter(({ aa_ci_lo }) => aa_ci_lo !== null).length;
  const without = latency.filter(({ status }) => status !== "ok");
  return [
    `${timed.length} comparisons: ${counts(timed.map(({ verdict }) => String(verdict)))}`,
    `Controls, an arm against itself: ${moved} of ${controls} intervals exclude 1; by chance at most 5 % do`,
    ...(roofs === null ? [] : [roofsText(roofs)]),
    ...(without.length === 0
      ? []
      : [`Without a figure: ${counts(without.map(({ status }) => String(status)))}`]),
  ].join("\n");
}

/** The measured roofs; `causalgate cost roofline` takes them as they are printed here. */
function roofsText({ peak, bandwidth }: DeviceRoofs): string {
  const [flopsPerS, bytesPerS] = [peak, bandwidth].map(({ value }) => Number(value.toPrecision(3)));
  const ridge = ridgePoint({ flopsPerS, bytesPerS }).toPrecision(3);
  const options = `--peak-flops ${flopsPerS.toExponential()} --bandwidth ${bytesPerS.toExponential()}`;
  return `This machine, one thread: ${options}; memory is the limit below ${ridge} FLOPs per byte`;
}

function excludesOne({ aa_ci_lo, aa_ci_hi }: RatioRow): boolean {
  return aa_ci_lo !== null && (Number(aa_ci_lo) > 1 || Number(aa_ci_hi) < 1);
}

/** What changed against the base run, a line each, and how many did not. */
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
