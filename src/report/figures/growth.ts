import { tokenStepsReason } from "../../cost/token-steps-text.ts";
import { exponentFinding, fixed, flopsFinding, sentence, speedFinding } from "../findings.ts";
import type { Table, Tables } from "../tables.ts";
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
  id: "growth",
  question: "Why does the time without a cache grow so much faster, and by what rate?",
};

type LatencyRow = Table<"latency">["rows"][number];
type GrowthRow = Table<"growth">["rows"][number];
type RatioRow = Table<"ratios">["rows"][number];

/** The models by preference, if they were timed. */
const preferred = ["tiny-long", "tiny", "demo"];

const task = "generation_length";

/** Time by generated tokens with a cache and without, and the fitted exponents. */
export function growth(tables: Tables): Draft {
  const fitted = rowsWhere(tables, "growth", (row) => row.task === task);
  const models = [...new Set(fitted.map(({ model }) => model))];
  const model = preferred.find((name) => models.includes(name)) ?? models[0];
  const of = (mode: string) =>
    rowsWhere(
      tables,
      "latency",
      (row) => row.task === task && row.model === model && row.mode === mode && row.status === "ok",
    );
  const growthOf = (mode: string) => fitted.find((row) => row.model === model && row.mode === mode);
  const ratio = rowsWhere(
    tables,
    "ratios",
    (row) => row.task === task && row.model === model && row.ratio_median !== null,
  ).at(-1);
  const [naive, cached] = [of("naive"), of("cached")];
  const short = Math.min(naive.length, cached.length);
  const [slow, fast] = [growthOf("naive"), growthOf("cached")];
  if (slow === undefined || fast === undefined || ratio === undefined || short < 2) {
    return missingFigure(heading, "Time against generated tokens", "growth", "latency", "ratios");
  }
  return {
    ...heading,
    title: `Time grows as n^${fixed(slow.slope)} without a cache, as n^${fixed(fast.slope)} with it`,
    caption: explanation(slow, fast, ratio),
    sources: [
      sourceOf(
        tables.latency!,
        ["gen_len", "mode", "median_ms", "median_ci_lo_ms", "median_ci_hi_ms"],
        `task ${task}, model ${model}, status ok`,
      ),
      sourceOf(
        tables.growth!,
        ["slope", "slope_ci_lo", "slope_ci_hi", "slope_predicted_flops", "last_segment_slope"],
        `task ${task}, model ${model}`,
      ),
      sourceOf(
        tables.ratios!,
        ["ratio_median", "ratio_ci_lo", "ratio_ci_hi", "flops_ratio_predicted"],
        `task ${task}, model ${model}, gen_len ${ratio.gen_len}`,
      ),
    ],
    missing: null,
    panels: [
      {
        title: "Total time of a generation",
        height: 290,
        spec: curvesSpec([curve("naive", naive, 1), curve("cached", cached, 1)], "gen_len", {
          x: { title: "generated tokens", log: false },
          y: { title: "median milliseconds", log: false },
        }),
      },
      {
        title: "The same, both axes logarithmic",
        height: 310,
        spec: curvesSpec([curve("naive", naive, 0.7), curve("cached", cached, 0.7)], "gen_len", {
          x: { title: "generated tokens", log: true },
          y: { title: "median milliseconds", log: true },
        }),
      },
    ],
  };
}

function explanation(slow: GrowthRow, fast: GrowthRow, ratio: RatioRow): string[] {
  const ends = [slow, fast].map((row) => fixed(row.last_segment_slope));
  return [
    `${ratio.model}, prompt of P = ${ratio.prompt_len} tokens; bars are 95 % intervals of the median.`,
    paragraph(...tokenStepsReason(), "One power of n lies between the two."),
    paragraph(
      sentence(exponentFinding(slow)),
      sentence(exponentFinding(fast)),
      `Over the last segment the exponents are ${ends.join(" and ")}.`,
      "For large n the token-steps grow as n² and n; attention adds to both.",
    ),
    sentence(speedFinding(ratio), flopsFinding(ratio)),
  ];
}

/** @param along place of its name, from 0, the first row, to 1, the last */
function curve(look: "naive" | "cached", rows: readonly LatencyRow[], along: number): Curve {
  const row = Math.round(along * (rows.length - 1));
  return {
    name: look === "naive" ? "without cache" : "with cache",
    look,
    rows: rows.map(({ gen_len, median_ms, median_ci_lo_ms, median_ci_hi_ms }) => ({
      gen_len,
      median_ms,
      median_ci_lo_ms: median_ci_lo_ms ?? median_ms,
      median_ci_hi_ms: median_ci_hi_ms ?? median_ms,
    })),
    y: "median_ms",
    interval: ["median_ci_lo_ms", "median_ci_hi_ms"],
    label: { row, side: "above" },
  };
}
