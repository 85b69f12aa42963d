/** The kill matrix as a heat map: a row for every law, a column for every bug. */
import type { TopLevelSpec } from "vega-lite";
import { drawSpec } from "../figures/draw.ts";
import { colour } from "../figures/theme.ts";
import type { TableRow } from "../schemas.ts";
import { Html, html } from "./html.ts";

/** A row of the matrix: a law's column holds the number of cases to the detection. */
type MatrixRow = TableRow<"killMatrix"> & Readonly<Record<string, unknown>>;

/** Pixels of a cell, and of the names of the chapters above all cells. */
const cell = { width: 3.9, height: 13, top: 80 };

/** More cases to the detection make a paler cell. */
export const shades = [
  { most: 1, opacity: 1, name: "1" },
  { most: 10, opacity: 0.7, name: "to 10" },
  { most: 100, opacity: 0.45, name: "to 100" },
  { most: Number.POSITIVE_INFINITY, opacity: 0.25, name: "more" },
] as const;

export interface KillGrid {
  readonly svg: Html;
  readonly data: {
    readonly cell: typeof cell;
    readonly mutants: readonly string[];
    readonly laws: readonly string[];
    /**
     * For each law, the columns of the bugs that it detects, each followed by the cases it took.
     */
    readonly kills: readonly (readonly number[])[];
  };
}

export async function killGrid(table: readonly TableRow<"killMatrix">[]): Promise<KillGrid> {
  const rows = table as readonly MatrixRow[];
  const laws = Object.keys(rows[0]).filter((column) => !["mutant", "chapter"].includes(column));
  const kills = laws.map((law) =>
    rows.flatMap((row, column) => (row[law] === null ? [] : [column, row[law] as number])),
  );
  const [width, height] = [rows.length * cell.width, laws.length * cell.height];
  const content = oneOfEqualPaths(await drawSpec(specOf(rows, kills, width, height)));
  // Room for the last chapter's name.
  const size = [Math.ceil(width + 50), cell.top + height];
  const svg = html`<svg class="figure" width="${size[0]}" height="${size[1]}" viewBox="0 0 ${size.join(" ")}" role="img" aria-label="The bugs that each law kills">${new Html(content)}</svg>`;
  return { svg, data: { cell, mutants: rows.map(({ mutant }) => mutant), laws, kills } };
}

function specOf(
  rows: readonly MatrixRow[],
  kills: KillGrid["data"]["kills"],
  width: number,
  height: number,
): TopLevelSpec {
  const cells = kills.flatMap((pairs, row) =>
    pairs.flatMap((column, i) => (i % 2 === 0 ? [{ column, row, cases: pairs[i + 1] }] : [])),
  );
  const starts = rows.flatMap(({ chapter }, i) => (chapter === rows[i - 1]?.chapter ? [] : [i]));
  const chapters = starts.map((start, i) => ({
    chapter: rows[start].chapter,
    start,
    middle: (start + (starts[i + 1] ?? rows.length)) / 2,
  }));
  const killed = new Set(cells.map(({ column }) => column));
  const alive = rows.flatMap((_, i) => (killed.has(i) ? [] : [{ middle: i + 0.5 }]));
  const onAxis = (field: string, domain: number[]) => {
    return { field, type: "quantitative" as const, scale: { domain }, axis: null };
  };
  const x = (field: string) => onAxis(field, [0, rows.length]);
  const y = (field: string) => onAxis(field, [kills.length, 0]); // the first law on top
  return {
    width,
    height,
    autosize: "none",
    padding: { top: cell.top, left: 0, right: 0, bottom: 0 },
    layer: [
      {
        data: { values: chapters },
        mark: { type: "rule", color: colour("line") },
        encoding: { x: x("start") },
      },
      ...shades.map(({ most, opacity }, i) => ({
        data: {
          values: cells
            .filter(({ cases }) => cases <= most && cases > (shades[i - 1]?.most ?? 0))
            .map(({ column, row }) => ({ column, row, right: column + 0.85, bottom: row + 0.85 })),
        },
        mark: { type: "rect", color: colour("ink"), fillOpacity: opacity } as const,
        encoding: {
          x: x("column"),
          x2: { field: "right" },
          y: y("row"),
          y2: { field: "bottom" },
        },
      })),
      {
        data: { values: alive },
        mark: { type: "rule", color: colour("vermilion"), strokeDash: [3, 2] },
        encoding: { x: x("middle") },
      },
      {
        data: { values: chapters },
        mark: { type: "text", color: colour("muted"), fontSize: 11, align: "left", angle: -60 },
        encoding: {
          x: x("middle"),
          y: { value: -8 },
          text: { field: "chapter" },
        },
      },
    ],
  };
}

/**
 * Joins neighbouring paths that differ only in their coordinates, which saves most of the bytes.
 */
function oneOfEqualPaths(content: string): string {
  return content.replace(/<path d="[^"]*"([^>]*)\/>(?:<path d="[^"]*"\1\/>)+/g, (paths, rest) => {
    const places = [...paths.matchAll(/ d="([^"]*)"/g)].map(([, place]) => place);
    return `<path d="${places.join("")}"${rest}/>`;
  });
}
