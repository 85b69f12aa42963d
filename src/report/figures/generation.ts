import { tokenStepsReason, tokenStepsText } from "../../cost/token-steps-text.ts";
import type { Tables } from "../tables.ts";
import { type Curve, curvesSpec } from "./curves.ts";
import {
  type Draft,
  type Heading,
  missingFigure,
  type Panel,
  paragraph,
  sourceOf,
} from "./figure.ts";
import { colour } from "./theme.ts";

const heading: Heading = {
  id: "generation",
  question: "How many tokens does each step of a generation send through the model?",
};

type Rows = NonNullable<Tables["generation"]>["rows"];

/** Token-steps of a generation, with a cache and without, for each step and in all. */
export function generation({ generation: table }: Tables): Draft {
  if (table === undefined) return missingFigure(heading, "The generation loop", "generation");
  const { rows } = table;
  const last = rows[rows.length - 1];
  const { naive_total, cached_total, step, prompt_len } = last;
  const totals = { naive: naive_total, cached: cached_total };
  const fewer = (naive_total / cached_total).toFixed(1);
  return {
    ...heading,
    title: `${step} new tokens: ${tokenStepsText(totals)}`,
    caption: [
      paragraph(
        `${last.model} after a prompt of P = ${prompt_len} tokens, n = ${step}.`,
        ...tokenStepsReason(totals),
        `That is ${fewer} times fewer.`,
      ),
      paragraph(
        `Often the last token is counted, too, which is never run: P + n = ${last.cached_total_last_sampled} with a cache.`,
        `Counting the token that each step samples gives nP + n(n + 1)/2 = ${last.naive_total_all_sampled} without one.`,
      ),
      `Both ways gave the tokens ${rows.map(({ token }) => token).join(", ")}.`,
    ],
    sources: [
      sourceOf(table, [
        "step",
        "token",
        "naive_tokens",
        "cached_tokens",
        "naive_total",
        "cached_total",
      ]),
    ],
    missing: null,
    panels: [stepsPanel(rows), totalsPanel(rows)],
  };
}

function stepsPanel(rows: Rows): Panel {
  const isLast = (i: number) => i === rows.length - 1;
  const values = rows.map(({ step, naive_tokens, cached_tokens }, i) => ({
    step,
    naive_tokens,
    cached_tokens,
    naive: isLast(i) ? `${naive_tokens} without cache` : String(naive_tokens),
    cached: isLast(i) ? `${cached_tokens} with cache` : String(cached_tokens),
  }));
  const bar = (column: string, name: string, at: "vermilion" | "blue", opacity: number) => [
    {
      mark: {
        type: "bar",
        color: colour(at),
        fillOpacity: opacity,
        stroke: colour(at),
        strokeWidth: 1,
        height: { band: 0.72 },
      },
      encoding: { x: { field: column, type: "quantitative" } },
    },
    {
      mark: { type: "text", align: "left", dx: 5, fontWeight: 600, color: colour(at) },
      encoding: { x: { field: column, type: "quantitative" }, text: { field: name } },
    },
  ];
  return {
    title: "Tokens that each step runs",
    height: 25 * rows.length + 60,
    spec: {
      data: { values },
      encoding: {
        y: { field: "step", type: "ordinal", axis: { title: "step" } },
        x: {
          type: "quantitative",
          scale: { domain: [0, 1.55 * Math.max(...rows.map((row) => row.naive_tokens))] },
          axis: null,
        },
      },
      layer: [
        ...bar("naive_tokens", "naive", "vermilion", 0.18),
        ...bar("cached_tokens", "cached", "blue", 0.9),
      ],
    } as Panel["spec"],
  };
}

function totalsPanel(rows: Rows): Panel {
  const values = rows.map(({ step, naive_total, cached_total }) => ({
    step,
    naive_total,
    cached_total,
  }));
  const row = rows.length - 3;
  const curves: Curve[] = [
    {
      name: "without cache",
      look: "naive",
      rows: values,
      y: "naive_total",
      label: { row, side: "above" },
    },
    {
      name: "with cache",
      look: "cached",
      rows: values,
      y: "cached_total",
      label: { row, side: "above" },
    },
  ];
  return {
    title: "Token-steps so far",
    height: 230,
    spec: curvesSpec(curves, "step", {
      x: { title: "new tokens", log: false, from: 1 },
      y: { title: "token-steps", log: false },
    }),
  };
}
