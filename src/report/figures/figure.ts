import type { TopLevelSpec } from "vega-lite";
import { placeOf } from "../../io/package-files.ts";
import { runTime } from "../../io/run-record.ts";
import { schemas, type TableName } from "../schemas.ts";
import type { Table, Tables } from "../tables.ts";

/** The table of the numbers of a figure. */
export interface Source {
  /** The CSV, in the folder of reports. */
  readonly file: string;
  readonly columns: readonly string[];
  /** Description of the rows. */
  readonly rows: string;
}

/** A drawn answer to a question, for a page or a separate file. */
export interface Figure {
  /** Name of its file, `figures/ID.svg`, and of its element on a page. */
  readonly id: string;
  /** The main finding. */
  readonly title: string;
  readonly question: string;
  /** Paragraphs of sentences with numbers from the rows. */
  readonly caption: readonly string[];
  /** Null if the tables for it are missing. */
  readonly svg: string | null;
  readonly sources: readonly Source[];
  /** The command that writes its tables; null if it is drawn. */
  readonly missing: string | null;
}

/** One chart of a figure; charts are stacked. */
export interface Panel {
  readonly title: string | null;
  /** Height of the whole panel, with axes and title, in the units of {@link figureWidth}. */
  readonly height: number;
  /** Its data are rows of the sources; the fields are columns, and labels as text. */
  readonly spec: TopLevelSpec;
}

/** A figure before it is drawn. */
export interface Draft extends Omit<Figure, "svg"> {
  readonly panels: readonly Panel[];
}

/** The fields of a figure that do not depend on its tables. */
export type Heading = Pick<Figure, "id" | "question">;

/** Returns a figure without tables: their names, and the command that writes them. */
export function missingFigure(heading: Heading, title: string, ...names: TableName[]): Draft {
  const files = names.map((name) => schemas[name].file).join(" and ");
  const command = schemas[names[0]].command;
  const missing = `There is no ${files} with the rows for this figure. To write it: ${placeOf(command)}${command}`;
  return { ...heading, title, caption: [], sources: [], missing, panels: [] };
}

/** Returns a table as the source of a figure, with the used columns and the runs of its rows. */
export function sourceOf<Name extends TableName>(
  { file, rows }: Table<Name>,
  columns: readonly (keyof Table<Name>["rows"][number] & string)[],
  which = `all ${rows.length}`,
): Source {
  const ids = rows.flatMap((row) => ("run_id" in row ? [String(row.run_id)] : []));
  const runs = [...new Set(ids)].map(runTime);
  return { file, columns, rows: [which, ...runs.map((run) => `run ${run}`)].join("; ") };
}

/** Returns one paragraph of a caption. */
export function paragraph(...sentences: readonly string[]): string {
  return sentences.join(" ");
}

/** Returns the rows of a table for which `holds` is true; none if the table is missing. */
export function rowsWhere<Name extends TableName>(
  tables: Tables,
  name: Name,
  holds: (row: Table<Name>["rows"][number]) => boolean,
): Table<Name>["rows"] {
  const table = tables[name] as Table<Name> | undefined;
  return table === undefined ? [] : table.rows.filter(holds);
}
