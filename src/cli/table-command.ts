/** What the tables of `causalgate cost` have in common: models in, rows out, in three forms. */
import { Command, Option } from "commander";
import type { Row } from "../cost/tables.ts";
import { findConfig } from "../formats/find-model.ts";
import { csvText } from "../io/csv.ts";
import { jsonText } from "../io/json-text.ts";
import { rowsText } from "../io/rows-text.ts";
import type { NamedModel } from "../model/named/named-model.ts";
import { examples, formatOption } from "./options.ts";

/** The options of every table. */
export interface TableOptions {
  readonly model: readonly string[];
  readonly format: "table" | "csv" | "json";
}

/** Columns, and the rows of one model. */
export interface Table {
  readonly columns: readonly string[];
  readonly rowsOf: (model: NamedModel) => readonly Row<string>[];
}

const print: Record<
  TableOptions["format"],
  (table: Table, rows: readonly Row<string>[]) => string
> = {
  table: ({ columns }, rows) => rowsText(columns, rows),
  csv: ({ columns }, rows) => csvText(columns, rows),
  json: (_, rows) => jsonText(rows),
};

/** What the help says of a table, and its options besides those that all have. */
export interface TableHelp {
  readonly name: string;
  readonly description: string;
  readonly options: readonly Option[];
  /** What may be typed behind `cost NAME`, and what comes of it. */
  readonly example: readonly [parameters: string, gives: string];
}

/** The command of one table; `tableOf` may take its options into account. */
export function tableCommand<Options extends TableOptions>(
  { name, description, options, example: [parameters, gives] }: TableHelp,
  tableOf: (options: Options) => Table,
): Command {
  const command = new Command(name)
    .description(description)
    .addHelpText("after", examples([`cost ${name} ${parameters}`, gives]));
  const models = new Option("--model <MODEL...>", "models, each by name or path");
  const all = [models.makeOptionMandatory(), ...options, formatOption("table", "csv", "json")];
  for (const option of all) command.addOption(option);
  return command.action(async (options: Options) => {
    const table = tableOf(options);
    const rows: Row<string>[] = [];
    for (const model of options.model) rows.push(...table.rowsOf(await findConfig(model)));
    console.log(print[options.format](table, rows).trimEnd());
  });
}

/** Each of the first with each of the second. */
export function pairs<A, B>(first: readonly A[], second: readonly B[]): (readonly [A, B])[] {
  return first.flatMap((a) => second.map((b) => [a, b] as const));
}
