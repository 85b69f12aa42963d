import { Command } from "commander";
import { columnRows, columnsTable, tablesMarkdown } from "../report/table-list.ts";
import { examples, type FormatOptions, formatOf, formatOption, jsonOption } from "./options.ts";
import { printRows } from "./print-rows.ts";

/** `causalgate tables`: the columns of every table. */
export function tablesCommand(): Command {
  return new Command("tables")
    .description("list the columns of every table, with type and meaning")
    .addOption(formatOption("text", "csv", "json"))
    .addOption(jsonOption())
    .addHelpText("after", examples(["tables --json", "every column, as data"]))
    .action((options: FormatOptions) => {
      const format = formatOf(options);
      if (format === "text") process.stdout.write(tablesMarkdown());
      else printRows(columnsTable, columnRows(), format);
    });
}
