/** The tables of `causalgate cost`: models in, rows out, as text, CSV or JSON. */
import { Command, Option } from "commander";
import { findConfig } from "../formats/find-model.ts";
import type { AnyRow, RowOf, TableSchema } from "../io/table.ts";
import type { NamedModel } from "../model/named/named-model.ts";
import { examples, type FormatOptions, formatOf, formatOption, jsonOption } from "./options.ts";
import { printRows } from "./print-rows.ts";

/** The options of every table. */
export interface TableOptions extends FormatOptions {
  readonly model: readonly string[];
}

/** A table, and its rows for one model. */
export interface ModelTable {
  readonly schema: TableSchema;
  readonly rowsOf: (model: NamedModel) => readonly AnyRow[];
}

/** A table whose rows are those of its schema. */
export function modelTable<Schema extends TableSchema>(
  schema: Schema,
  rowsOf: (model: NamedModel) => readonly RowOf<Schema>[],
): ModelTable {
  return { schema, rowsOf };
}

/** The help of a table, and its options in addition to those that all tables have. */
export interface TableHelp {
  readonly name: string;
  readonly description: string;
  readonly options: readonly Option[];
  /** Parameters after `cost NAME`, and their effect. */
  readonly example: readonly [parameters: string, effect: string];
}

/** Returns the command of one table; `tableOf` may depend on its options. */
export function tableCommand<Options extends TableOptions>(
  { name, description, options, example: [parameters, effect] }: TableHelp,
  tableOf: (options: Options) => ModelTable,
): Command {
  const command = new Command(name)
    .description(description)
    .addHelpText("after", examples([`cost ${name} ${parameters}`, effect]));
  const models = new Option("--model <MODEL...>", "models, each by name or path");
  const format = formatOption("text", "csv", "json");
  const all = [models.makeOptionMandatory(), ...options, format, jsonOption()];
  for (const option of all) command.addOption(option);
  return command.action(async (options: Options) => {
    const { schema, rowsOf } = tableOf(options);
    const rows: AnyRow[] = [];
    for (const model of options.model) rows.push(...rowsOf(await findConfig(model)));
    printRows(schema, rows, formatOf(options));
  });
}

/** Each of the first with each of the second. */
export function pairs<A, B>(first: readonly A[], second: readonly B[]): (readonly [A, B])[] {
  return first.flatMap((a) => second.map((b) => [a, b] as const));
}
