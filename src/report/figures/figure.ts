import type { TopLevelSpec } from "vega-lite";
import { schemas, type TableName } from "../schemas.ts";
import type { Table, Tables } from "../tables.ts";

/** Where the numbers of a figure stand. */
export interface Source {
  /** The CSV, in the folder of reports. */
  readonly file: string;
  readonly columns: readonly string[];
  /** Which rows, in words. */
  readonly rows: string;
}

/** A drawn answer to a question, for a page or a file of its own. */
export interface Figure {
  /** Names its file, `figures/ID.svg`, and its place on a page. */
  readonly id: string;
  /** What it shows, as a finding. */
  readonly title: string;
  readonly question: string;
  /** Paragraphs of plain sentences, whose numbers are read off the rows. */
  readonly caption: readonly string[];
  /** Null where the tables for it are missing. */
  readonly svg: string | null;
  readonly sources: readonly Source[];
  /** What to run for it; null where it is drawn. */
  readonly missing: string | null;
}

/** One chart of a figure; they stand below each other. */
export interface Panel {
  readonly title: string | null;
  /** Of the whole panel, axes and title included, in the units of {@link figureWidth}. */
  readonly height: number;
  /** Its data are rows of the sources: the fields are columns, and labels that are text. */
  readonly spec: TopLevelSpec;
}

/** A figure before it is drawn. */
export interface Draft extends Omit<Figure, "svg"> {
  readonly panels: readonly Panel[];
}

/** What a figure is asked and called, whether or not it can be drawn. */
export type Heading = Pick<Figure, "id" | "question">;

/** A figure without its tables: says which, and how to get them. */
export function missingFigure(heading: Heading, title: string, ...names: TableName[]): Draft {
  const files = names.map((name) => schemas[name].file).join(" and ");
  const command = schemas[names[0]].command;
  const missing = `There is no ${files} with the rows for this figure. To write it: ${command}`;
  return { ...heading, title, caption: [], sources: [], missing, panels: [] };
}

/** The source that a table is, with the columns that are used of it. */
export function sourceOf<Name extends TableName>(
  { file, rows }: Table<Name>,
  columns: readonly (keyof Table<Name>["rows"][number] & string)[],
  which = `all ${rows.length}`,
): Source {
  return { file, columns, rows: which };
}

/** One paragraph of a caption. */
export function paragraph(...sentences: readonly string[]): string {
  return sentences.join(" ");
}

/** The rows that a figure wants of a table, if there are any. */
export function rowsWhere<Name extends TableName>(
  tables: Tables,
  name: Name,
  holds: (row: Table<Name>["rows"][number]) => boolean,
): Table<Name>["rows"] {
  const table = tables[name] as Table<Name> | undefined;
  return table === undefined ? [] : table.rows.filter(holds);
}
