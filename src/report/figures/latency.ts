import type { LatencyRow } from "../../bench/latency-table.ts";
import { grouped, significant } from "../../io/numbers.ts";
import { differsFromOne, withInterval } from "../findings.ts";
import type { Tables } from "../tables.ts";
import { type Curve, curvesSpec } from "./curves.ts";
import {
  type Draft,
  type Heading,
  missingFigure,
  paragraph,
  rowsWhere,
  sourceOf,
} from "./figure.ts";

const heading: Heading = {
  id: "latency",
  question: "How does the time of a few tokens depend on the length of the sequence before them?",
};

/** A row with a time and a prompt. */
type TimedRow = LatencyRow & { readonly median_ms: number; readonly prompt_len: number };

/** The models by preference, if they were timed. */
const preferred = ["assignment-long", "assignment", "demo"];

/** Latency by sequence length with a cache and without, and the intervals of the medians. */
export function latency(tables: Tables): Draft {
  const timed = (tables.latency?.rows ?? []).flatMap((row): TimedRow[] => {
    const { task, status, median_ms, prompt_len } = row;
    if (task !== "sequence_length" || status !== "ok") return [];
    return median_ms === null || prompt_len === null ? [] : [{ ...row, median_ms, prompt_len }];
  });
  const models = [...new Set(timed.map(({ model }) => model))];
  const model = preferred.find((name) => models.includes(name)) ?? models[0];
  const of = (mode: string) => timed.filter((row) => row.model === model && row.mode === mode);
  const other = ({ prompt_len }: TimedRow, mode: string) =>
    of(mode).find((row) => row.prompt_len === prompt_len);
  const naive = of("naive").filter((row) => other(row, "cached") !== undefined);
  const cached = naive.map((row) => other(row, "cached")!);
  if (naive.length < 2) return missingFigure(heading, "Latency by sequence length", "latency");
  const [slow, fast] = [naive[naive.length - 1], cached[cached.length - 1]];
  const tokens = grouped(slow.prompt_len);
  const ratio = rowsWhere(
    tables,
    "ratios",
    (row) =>
      row.task === slow.task &&
      row.model === model &&
      row.prompt_len === slow.prompt_len &&
      row.gen_len === slow.gen_len &&
      row.run_id === slow.run_id &&
      row.arm_a === "naive",
  ).find(({ ratio_ci_lo, ratio_ci_hi }) => differsFromOne(ratio_ci_lo, ratio_ci_hi));
  const quotient = significant(slow.median_ms / fast.median_ms);
  return {
    ...heading,
    title:
      ratio === undefined
        ? `After ${tokens} tokens, ${slow.gen_len} more take no proven time longer without a cache`
        : `After ${tokens} tokens, ${slow.gen_len} more take ${quotient} times as long without a cache`,
    caption: [
      paragraph(
        `${model}: the time of ${slow.gen_len} tokens and of the prompt before them.`,
        "Bars are 95 % intervals of the median; the title compares the medians.",
      ),
      `Without a cache ${described(slow)}; with it ${described(fast)}.`,
    ],
    sources: [
      sourceOf(
        tables.latency!,
        ["prompt_len", "mode", "median_ms", "median_ci_lo_ms", "median_ci_hi_ms"],
        `task sequence_length, model ${model}, status ok`,
      ),
      ...(ratio === undefined
        ? []
        : [
            sourceOf(
              tables.ratios!,
              ["ratio_ci_lo", "ratio_ci_hi"],
              `task sequence_length, model ${model}, prompt_len ${slow.prompt_len}`,
            ),
          ]),
    ],
    missing: null,
    panels: [
      {
        title: `Time of ${slow.gen_len} new tokens`,
        height: 330,
        spec: curvesSpec([curve("naive", naive), curve("cached", cached)], "prompt_len", {
          x: {
            title: "tokens of the prompt",
            log: true,
            values: naive.map((row) => row.prompt_len),
          },
          y: { title: "median milliseconds", log: true },
        }),
      },
    ],
  };
}

function curve(look: "naive" | "cached", rows: readonly TimedRow[]): Curve {
  const row = Math.floor(rows.length / 2);
  return {
    name: look === "naive" ? "without cache" : "with cache",
    look,
    rows: rows.map(({ prompt_len, median_ms, median_ci_lo_ms, median_ci_hi_ms }) => ({
      prompt_len,
      median_ms,
      median_ci_lo_ms: median_ci_lo_ms ?? median_ms,
      median_ci_hi_ms: median_ci_hi_ms ?? median_ms,
    })),
    y: "median_ms",
    interval: ["median_ci_lo_ms", "median_ci_hi_ms"],
    label: { row, side: look === "naive" ? "above" : "below" },
  };
}

function described({ median_ms, median_ci_lo_ms, median_ci_hi_ms, prompt_len }: TimedRow): string {
  const time = withInterval(median_ms, median_ci_lo_ms, median_ci_hi_ms);
  return `${time} ms after ${grouped(prompt_len)} tokens`;
}
