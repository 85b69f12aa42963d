import { Command } from "commander";
import { columnRows, columnsTable, tablesMarkdown } from "../report/table-list.ts";
import { examples, type FormatOptions, formatOf, formatOptions } from "./options.ts";
import { printRows } from "./print-rows.ts";

/** `causalgate tables`: the columns of every table. */
export function tablesCommand(): Command {
  const command = new Command("tables");
  for (const option of formatOptions("text", "csv", "json")) command.addOption(option);
  return command
    .description("list the columns of every table, with type and meaning")
    .addHelpText("after", examples(["tables --json", "every column, as data"]))
    .action((options: FormatOptions) => {
      const format = formatOf(options);
      if (format === "text") process.stdout.write(tablesMarkdown());
      else printRows(columnsTable, columnRows(), format);
    });
}
