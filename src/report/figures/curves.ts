/** Curves in one graph, distinguished by colour, dash, mark and a name beside each. */
import type { TopLevelSpec } from "vega-lite";
import { type Colour, colour } from "./theme.ts";

/** A row of a drawn table. */
export type Datum = Readonly<Record<string, number | string | null>>;

export interface Curve {
  readonly name: string;
  readonly look: LookName;
  /** Rows whose `x`, `y` and, where given, `low` and `high` are numbers. */
  readonly rows: readonly Datum[];
  readonly y: string;
  /** The ends of an interval around y. */
  readonly interval?: readonly [low: string, high: string];
  readonly label: CurveLabel;
}

/** The place of the name of a curve. */
export interface CurveLabel {
  readonly row: number;
  readonly side: "above" | "below";
  /** The side of the row on which the name is; absent for the side that the curve leaves free. */
  readonly align?: "left" | "right";
}

export interface CurveAxis {
  readonly title: string;
  readonly log: boolean;
  /** A d3 format of its labels; by default, digits in groups of three. */
  readonly format?: string;
  /** Start of a linear axis, if not 0. */
  readonly from?: number;
  /** Labelled values, if not the default ones. */
  readonly values?: readonly number[];
}

interface Look {
  readonly at: Colour;
  readonly dash: readonly number[];
  readonly shape: string;
}

/** A meaning has the same look in all figures; the other looks only distinguish curves. */
const looks = {
  naive: { at: "vermilion", dash: [1, 0], shape: "circle" },
  cached: { at: "blue", dash: [8, 4], shape: "square" },
  third: { at: "green", dash: [2, 3], shape: "triangle-up" },
  fourth: { at: "purple", dash: [10, 3, 2, 3], shape: "diamond" },
  fifth: { at: "ochre", dash: [5, 2], shape: "cross" },
  plain: { at: "ink", dash: [1, 0], shape: "circle" },
} as const satisfies Readonly<Record<string, Look>>;

export type LookName = keyof typeof looks;

/** Returns a graph of the curves over the column `x`, without empty curves. */
export function curvesSpec(
  all: readonly Curve[],
  x: string,
  axes: { readonly x: CurveAxis; readonly y: CurveAxis },
): TopLevelSpec {
  const curves = all.filter(({ rows }) => rows.length > 0);
  const fields = (curve: Curve) => [curve.y, ...(curve.interval ?? [])];
  const numbers = (names: readonly string[], { rows }: Curve) =>
    rows.flatMap((row) => names.map((name) => Number(row[name])));
  const xs = curves.flatMap((curve) => numbers([x], curve));
  const ys = curves.flatMap((curve) => numbers(fields(curve), curve));
  return {
    data: { values: [] },
    layer: curves.map((curve) => ({
      data: { values: curve.rows.map((row) => ({ ...row })) },
      encoding: { x: position(x, axes.x, xs, true), y: position(curve.y, axes.y, ys, false) },
      layer: marks(curve, x),
    })),
  } as TopLevelSpec;
}

function marks({ name, look, rows, y, interval, label }: Curve, x: string) {
  const { at, dash, shape } = looks[look];
  const fill = colour(at);
  const bars =
    interval === undefined
      ? []
      : [
          {
            mark: { type: "rule", color: fill, strokeWidth: 1.6 },
            encoding: { y: { field: interval[0] }, y2: { field: interval[1] } },
          },
        ];
  const row = rows[Math.min(Math.max(label.row, 0), rows.length - 1)];
  const above = label.side === "above";
  // Beside a rising curve there is room above to the left and below to the right.
  const isRising = Number(rows[rows.length - 1][y]) >= Number(rows[0][y]);
  const align = label.align ?? (above === isRising ? "right" : "left");
  return [
    { mark: { type: "line", color: fill, strokeDash: dash } },
    ...bars,
    { mark: { type: "point", color: fill, shape } },
    {
      data: { values: [{ [x]: row[x], [y]: row[y], name }] },
      mark: {
        type: "text",
        color: fill,
        fontWeight: 600,
        align,
        baseline: above ? "bottom" : "top",
        dx: align === "right" ? -6 : 6,
        dy: above ? -5 : 7,
      },
      encoding: { text: { field: "name" } },
    },
  ];
}

function position(field: string, axis: CurveAxis, values: readonly number[], isX: boolean) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const { title, log, format = ",~r", from, values: ticks } = axis;
  if (log && !(low > 0)) throw new RangeError(`${field} ${low} on a logarithmic axis`);
  // Without the expression, 0 would get the prefix of the other labels, as in 0k.
  const shared = { title, labelExpr: `format(datum.value, "${format}")`, grid: true };
  return {
    field,
    type: "quantitative",
    scale: log
      ? { type: "log", nice: false, domain: [low, high], padding: isX ? 8 : 10 }
      : {
          type: "linear",
          zero: from === undefined,
          ...(from === undefined ? {} : { domainMin: from }),
        },
    axis: log ? { ...shared, values: ticks ?? logTicks(low, high) } : { ...shared, tickCount: 5 },
  };
}

/** Returns up to seven powers of ten; 1, 2 and 5 times them if fewer than three are in range. */
export function logTicks(low: number, high: number): number[] {
  const powers = range(Math.floor(Math.log10(low)), Math.ceil(Math.log10(high)));
  const step = Math.ceil(powers.length / 7);
  const ticks = powers.filter((power) => power % step === 0).map((power) => 10 ** power);
  const inside = (all: readonly number[]) => all.filter((tick) => tick >= low && tick <= high);
  if (inside(ticks).length >= 3) return inside(ticks);
  return inside(powers.flatMap((power) => [1, 2, 5].map((times) => times * 10 ** power)));
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
