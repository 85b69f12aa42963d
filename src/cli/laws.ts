import { Command } from "commander";
import { laws } from "../laws/index.ts";
import { chapters } from "../laws/law.ts";
import { type LawListRow, lawListRow, lawListTable } from "../laws/law-list-table.ts";
import type { SubjectKind } from "../subjects/subject.ts";
import { formerCodeRows, formerCodesTable } from "./former-codes-table.ts";
import { formerCodesMarkdown, lawsMarkdown } from "./laws-pages.ts";
import { type FormatOptions, formatOf, formatOption, jsonOption } from "./options.ts";
import { printRows } from "./print-rows.ts";

interface Options extends FormatOptions {
  readonly markdown?: true;
  readonly formerCodes?: true;
}

/** The needs of every law of a kind of subject. */
const subjectTexts: Readonly<Record<SubjectKind, string | null>> = {
  logits: "start append",
  completions: "complete",
  choice: null,
};

/** `causalgate laws`: the list of the laws. */
export function lawsCommand(): Command {
  return new Command("laws")
    .description("list the laws: statement, bugs caught, needs, precondition and planted violation")
    .addOption(formatOption("text", "csv", "json"))
    .addOption(jsonOption())
    .option("--markdown", "print docs/laws.md, the page of all laws")
    .option("--former-codes", "print docs/law-names.md, the table of former codes")
    .action((options: Options) => {
      const format = formatOf(options);
      const rows = laws.map(lawListRow);
      if (options.markdown) process.stdout.write(lawsMarkdown());
      else if (options.formerCodes && format === "text") {
        process.stdout.write(formerCodesMarkdown());
      } else if (options.formerCodes) printRows(formerCodesTable, formerCodeRows(), format);
      else if (format !== "text") printRows(lawListTable, rows, format);
      else for (const chapter of chapters) process.stdout.write(chapterText(chapter, rows));
    });
}

function chapterText(chapter: string, rows: readonly LawListRow[]): string {
  const texts = rows.filter((row) => row.chapter === chapter).map(lawText);
  return `${chapter.toUpperCase()}\n\n${texts.join("\n")}\n`;
}

function lawText(row: LawListRow): string {
  const { id, name, statement, catches, source, kind, needs, precondition, canary } = row;
  const lines = [
    `${id}: ${name}`,
    `  ${statement}`,
    `  catches       ${catches}`,
    `  source        ${source}`,
    `  needs         ${[subjectTexts[kind], needs].filter((text) => text !== null).join(" ")}`,
    `  precondition  ${precondition}`,
    `  canary        ${canary}`,
  ];
  return `${lines.join("\n")}\n`;
}
