import { grouped } from "../../io/numbers.ts";
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

const heading: Heading = {
  id: "generation-cost",
  question: "What does a generation cost with and without a cache?",
};

type Rows = NonNullable<Tables["generationCost"]>["rows"];

/** Exact FLOPs by the number of new tokens, with a cache and without, and their ratio. */
export function generationCost({ generationCost: table }: Tables): Draft {
  if (table === undefined) return missingFigure(heading, "Naive against cached", "generationCost");
  const { rows } = table;
  const last = rows[rows.length - 1];
  const ten = rows.find(({ gen_len }) => gen_len * 10 === last.gen_len);
  const { model, prompt_len } = last;
  const tokens = grouped(last.gen_len);
  return {
    ...heading,
    title: `Without a cache, ${tokens} tokens cost ${Math.round(last.flops_ratio)} times the FLOPs`,
    caption: [
      paragraph(
        `${model} after a prompt of ${prompt_len} tokens, counted exactly from its configuration.`,
        `${tokens} tokens take ${grouped(last.naive_flops)} FLOPs without a cache.`,
        `With it they take ${grouped(last.cached_flops)}.`,
      ),
      ...(ten === undefined
        ? []
        : [
            paragraph(
              `The ratio is ${ten.flops_ratio} at ${ten.gen_len} tokens, ${last.flops_ratio} at ${tokens}:`,
              `ten times the tokens, ${(last.flops_ratio / ten.flops_ratio).toFixed(1)} times the ratio.`,
            ),
          ]),
    ],
    sources: [sourceOf(table, ["gen_len", "naive_flops", "cached_flops", "flops_ratio"])],
    missing: null,
    panels: [flopsPanel(rows), ratioPanel(rows)],
  };
}

function flopsPanel(rows: Rows): Panel {
  const values = rows.map(({ gen_len, naive_flops, cached_flops }) => ({
    gen_len,
    naive_flops: Number(naive_flops),
    cached_flops: Number(cached_flops),
  }));
  const row = Math.floor(0.7 * rows.length);
  const ways: Curve[] = [
    {
      name: "without cache",
      look: "naive",
      rows: values,
      y: "naive_flops",
      label: { row, side: "above" },
    },
    {
      name: "with cache",
      look: "cached",
      rows: values,
      y: "cached_flops",
      label: { row, side: "below" },
    },
  ];
  const axes = {
    x: { title: "new tokens", log: true },
    y: { title: "FLOPs", log: true, format: "~s" },
  };
  return {
    title: "FLOPs of the whole generation",
    height: 290,
    spec: curvesSpec(ways, "gen_len", axes),
  };
}

function ratioPanel(rows: Rows): Panel {
  const values = rows.map(({ gen_len, flops_ratio }) => ({ gen_len, flops_ratio }));
  const label = { row: rows.length - 2, side: "below" } as const;
  const curve: Curve = {
    name: "naive / cached",
    look: "plain",
    rows: values,
    y: "flops_ratio",
    label,
  };
  const axes = {
    x: { title: "new tokens", log: false },
    y: { title: "times as many FLOPs", log: false },
  };
  return {
    title: "How many times as many without a cache",
    height: 240,
    spec: curvesSpec([curve], "gen_len", axes),
  };
}
