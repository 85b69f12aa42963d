import type { Tables } from "../tables.ts";
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
  id: "sampling",
  question: "What does each way of sampling make of the same logits?",
};

type Rows = NonNullable<Tables["sampling"]>["rows"];

/** Number of tokens side by side in the chart. */
const shown = 9;

/** The probabilities of the likeliest tokens, a line for each way of sampling. */
export function sampling({ sampling: table }: Tables): Draft {
  if (table === undefined) return missingFigure(heading, "Ways of sampling", "sampling");
  const models = [...Map.groupBy(table.rows, ({ weights }) => weights).values()];
  return {
    ...heading,
    title: titleOf(models),
    caption: [
      ...models.map(modelCaption),
      paragraph(
        "A low temperature sharpens, a high one flattens.",
        "Top-k keeps a fixed number of tokens, top-p as many as it takes to reach its mass.",
        "An empty cell is a token that cannot be drawn.",
      ),
    ],
    sources: [
      sourceOf(
        table,
        ["weights", "strategy", "rank", "word", "token", "probability"],
        `rank 1 to ${shown} of every model and strategy`,
      ),
    ],
    missing: null,
    panels: models.map(panel),
  };
}

const kept = (rows: Rows, strategy: string) =>
  rows.filter((row) => row.strategy === strategy && row.probability > 0).length;

function titleOf(models: readonly Rows[]): string {
  const counts = models.map((rows) => {
    const all = rows.filter(({ strategy }) => strategy === "top-p 0.9").length;
    return `${kept(rows, "top-p 0.9")} of ${all} tokens (${rows[0].weights} weights)`;
  });
  return `Top-p 0.9 keeps ${counts.join(", ")}`;
}

function modelCaption(rows: Rows): string {
  const { model, weights, prompt } = rows[0];
  const plain = rows.filter(({ strategy }) => strategy === "T = 1");
  const most = Math.max(0, ...plain.map(({ probability }) => probability));
  const all = plain.length;
  const share = `${(100 * most).toFixed(1)} %`;
  const who = `${model} with ${weights} weights, after "${prompt}"`;
  return `${who}: the likeliest of ${all} tokens has ${share} at T = 1; top-p 0.9 keeps ${kept(rows, "top-p 0.9")}.`;
}

function panel(rows: Rows): Panel {
  const values = rows
    .filter(({ rank }) => rank <= shown)
    .map(({ strategy, rank, token, word, probability }) => ({
      strategy,
      rank,
      probability,
      name: word ?? String(token),
      label: percentage(probability),
    }));
  const isWord = rows[0].word !== null;
  const { model, weights, prompt } = rows[0];
  return {
    title: `${model} with ${weights} weights: percent`,
    height: isWord ? 315 : 290,
    spec: {
      data: { values },
      encoding: {
        x: {
          field: "name",
          type: "nominal",
          sort: { field: "rank" },
          axis: {
            title: `the ${shown} likeliest ${isWord ? "words" : "token ids"} after "${prompt}"`,
            orient: "top",
            labelOverlap: false,
            labelAngle: isWord ? -40 : 0,
            labelColor: colour("ink"),
            ticks: false,
            domain: false,
            grid: false,
          },
        },
        y: {
          field: "strategy",
          type: "nominal",
          sort: null,
          axis: { title: null, labelColor: colour("ink") },
        },
      },
      layer: [
        {
          mark: { type: "rect", color: colour("blue"), stroke: colour("line"), strokeWidth: 1 },
          encoding: {
            fillOpacity: {
              field: "probability",
              type: "quantitative",
              scale: { domain: [0, 1], range: [0, 0.6], type: "sqrt" },
              legend: null,
            },
          },
        },
        { mark: { type: "text" }, encoding: { text: { field: "label" } } },
      ],
    },
  };
}

/** Returns, for example, `100`, `21` or `3.3`; empty for a token that cannot be drawn. */
function percentage(probability: number): string {
  const percent = 100 * probability;
  if (percent === 0) return "";
  if (percent < 0.05) return "<.1";
  return percent < 9.95 ? percent.toFixed(1) : percent.toFixed(0);
}
