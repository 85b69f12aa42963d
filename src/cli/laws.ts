import { Command } from "commander";
import { csvText } from "../io/csv.ts";
import { laws } from "../laws/index.ts";
import { type FormatOptions, formatOf, formatOptions } from "./options.ts";

const columns = [
  "code",
  "name",
  "statement",
  "catches",
  "source",
  "needs",
  "precondition",
  "floor",
];

/** `causalgate laws`: what holds of any decoder, and what each law catches. */
export function lawsCommand(): Command {
  const command = new Command("laws");
  for (const option of formatOptions("text", "csv", "json")) command.addOption(option);
  return command
    .description("list the laws: what each says, what it catches, what it needs of a decoder")
    .action((options: FormatOptions) => {
      const format = formatOf(options);
      const rows = laws.map(({ needs, precondition, cases: _, check: __, ...law }) => ({
        ...law,
        needs: needs.join(" "),
        precondition: precondition.name,
        floor: precondition.floor,
      }));
      if (format === "csv") process.stdout.write(csvText(columns, rows));
      else if (format === "json") console.log(JSON.stringify(rows, null, 2));
      else for (const row of rows) console.log(lawText(row));
    });
}

function lawText(row: Readonly<Record<string, string | number>>): string {
  const { code, name, statement, catches, source, needs, precondition } = row;
  const lines = [
    `${code}  ${name}`,
    `  ${statement}`,
    `  catches  ${catches}`,
    `  source   ${source}`,
    `  needs    ${needs === "" ? "start and append" : needs}`,
    `  bites    when ${precondition}`,
  ];
  return `${lines.join("\n")}\n`;
}
