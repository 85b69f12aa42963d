/** Horizontal bars, each with a name before it and a label after it. */
import type { Datum } from "./curves.ts";
import type { Panel } from "./figure.ts";
import { type Colour, colour } from "./theme.ts";

const rowHeight = 27;

export interface Bars {
  readonly title: string;
  /** Rows with a distinct `name`, a `label` and the drawn column. */
  readonly bars: readonly (Datum & { readonly name: string; readonly label: string })[];
  readonly column: string;
  /** End of the axis, beyond the bars to leave room for the labels. */
  readonly most: number;
  readonly colour?: Colour;
}

export function barsPanel({ title, bars, column, most, colour: at = "blue" }: Bars): Panel {
  return {
    title,
    height: rowHeight * bars.length + 34,
    spec: {
      data: { values: bars.map((bar) => ({ ...bar })) },
      encoding: {
        y: {
          field: "name",
          type: "nominal",
          sort: null,
          axis: { title: null, labelLimit: 200, labelColor: colour("ink") },
        },
        x: {
          field: column,
          type: "quantitative",
          scale: { domain: [0, most] },
          axis: null,
        },
      },
      layer: [
        { mark: { type: "bar", color: colour(at), height: { band: 0.6 } } },
        {
          mark: { type: "text", align: "left", dx: 6 },
          encoding: { text: { field: "label" } },
        },
      ],
    },
  };
}
