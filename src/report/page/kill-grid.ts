/**
 * The kill matrix as one small SVG: a row for every law, a column for every bug, and one path for
 * all squares of a size, so that 15,000 places take no more bytes than the kills among them.
 */
import type { TableRow } from "../schema/index.ts";
import { type Html, html } from "./html.ts";
import { place } from "./kill-place.ts";

/** A row of the matrix: the law's column holds the cases to the kill. */
type MatrixRow = TableRow<"killMatrix"> & Readonly<Record<string, unknown>>;

/** The more cases a kill took, the smaller its square. */
const sizes = [
  { size: 4, most: 1, name: "1" },
  { size: 3, most: 10, name: "to 10" },
  { size: 2, most: 100, name: "to 100" },
  { size: 1, most: Number.POSITIVE_INFINITY, name: "more" },
] as const;

export interface KillGrid {
  readonly svg: Html;
  readonly data: {
    readonly mutants: readonly string[];
    readonly laws: readonly string[];
    /** For each law, the bugs that it kills by column, each followed by the cases it took. */
    readonly kills: readonly (readonly number[])[];
    readonly legend: typeof sizes;
  };
}

export function killGrid(rows: readonly TableRow<"killMatrix">[]): KillGrid {
  const laws = Object.keys(rows[0]).filter((column) => !["mutant", "chapter"].includes(column));
  const kills = laws.map((law) =>
    (rows as readonly MatrixRow[]).flatMap((row, column) =>
      row[law] === null ? [] : [column, row[law] as number],
    ),
  );
  const { width, height, left, top } = place;
  const [across, down] = [Math.ceil(left + rows.length * width), top + laws.length * height];
  const svg = html`<svg width="${across}" height="${down}" viewBox="0 0 ${across} ${down}" role="img" aria-label="Which law kills which bug">
${chapters(rows).map((chapter) => chapterMark(chapter, laws.length))}
${laws.map((law, row) => html`<text class="law" x="${left - 6}" y="${top + row * height + 8.5}">${law}</text>`)}
${sizes.map(({ size }) => html`<path class="size${size}" d="${squares(kills, size)}"/>`)}
<path class="alone" d="${unkilled(rows, laws)}"/>
<g id="kill-cross" visibility="hidden"><rect class="row" x="0" width="${left + rows.length * width}" height="${height}"/><rect class="column" y="${top}" width="${width}" height="${laws.length * height}"/></g>
</svg>`;
  return {
    svg,
    data: { mutants: rows.map(({ mutant }) => mutant), laws, kills, legend: sizes },
  };
}

interface Chapter {
  readonly name: string;
  readonly start: number;
  readonly length: number;
}

function chapters(rows: readonly TableRow<"killMatrix">[]): Chapter[] {
  const starts = rows.flatMap(({ chapter }, i) => (chapter === rows[i - 1]?.chapter ? [] : [i]));
  return starts.map((start, i) => ({
    name: rows[start].chapter,
    start,
    length: (starts[i + 1] ?? rows.length) - start,
  }));
}

function chapterMark({ name, start, length }: Chapter, laws: number): Html {
  const { width, height, left, top } = place;
  const x = (left + start * width).toFixed(1);
  const middle = (left + (start + length / 2) * width + 3).toFixed(1);
  return html`<path class="border" d="M${x} ${top - 4}v${laws * height + 4}"/><text class="chapter" transform="translate(${middle} ${top - 8})rotate(-60)">${name}</text>`;
}

/** Short thick lines, which take fewer bytes than rectangles. */
function squares(kills: readonly (readonly number[])[], wanted: number): string {
  const { width, height, left, top } = place;
  return kills
    .map((pairs, row) => {
      const columns = pairs.filter((_, i) => i % 2 === 0 && sizeOf(pairs[i + 1]) === wanted);
      if (columns.length === 0) return "";
      const y = top + (row + 0.5) * height;
      return columns
        .map((column) => `M${(left + column * width + 0.5).toFixed(1)} ${y}h3.4`)
        .join("");
    })
    .join("");
}

function sizeOf(cases: number): number {
  return sizes.find(({ most }) => cases <= most)!.size;
}

/** A mark through the whole column of a bug that nothing kills. */
function unkilled(rows: readonly TableRow<"killMatrix">[], laws: readonly string[]): string {
  const { width, height, left, top } = place;
  return (rows as readonly MatrixRow[])
    .flatMap((row, column) => {
      if (laws.some((law) => row[law] !== null)) return [];
      return [`M${(left + (column + 0.5) * width).toFixed(1)} ${top}v${laws.length * height}`];
    })
    .join("");
}
