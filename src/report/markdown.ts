/** The report as Markdown, for reading on a code host. */

import type { PastRun } from "../io/run-record.ts";
import { enginesPackage } from "../verify/engines-table.ts";
import type { Figure, Source } from "./figures.ts";
import {
  daysOf,
  errorFinding,
  goldensFinding,
  headline,
  labelledSpeed,
  lawsFinding,
} from "./findings.ts";
import { goldensCommand, referenceNote, subjectText } from "./origin.ts";
import { schemas } from "./schemas.ts";
import { goldenSummary, lawSummary, otherEngines, speedSummary } from "./summaries.ts";
import type { Reports, Tables } from "./tables.ts";

/**
 * Returns the text of a folder's `README.md`: the verdict, then every figure as `figures/ID.svg`
 * with its caption and the tables of its numbers.
 */
export function figuresMarkdown({ tables, runs }: Reports, figures: readonly Figure[]): string {
  const run = runs.findLast(({ sha256 }) => "laws.csv" in sha256) ?? runs.at(-1);
  const sections = [
    `# ${escaped(headline(tables))}`,
    "Written by `npx causalgate report` from the tables of this folder; nothing is computed again.",
    "[The page](index.html) has the laws, the mutants and the cost explorer too.",
    markdownTable(["question", "answer"], verdictRows(tables)),
    ...(run === undefined ? [] : [escaped(runText(run))]),
    "## Figures",
    `${referenceNote(tables)}.`,
    ...figures.map(figureSection),
  ];
  return `${sections.join("\n\n")}\n`;
}

function runText({ run_id, seed, cpu, cores, node, git_commit, git_dirty }: PastRun): string {
  const commit = git_commit === null ? "outside git" : `commit ${git_commit.slice(0, 10)}`;
  const state = `${commit}${git_dirty ? " with changes" : ""}`;
  return `Run ${run_id}, seed ${seed}, on ${cpu} with ${cores} cores, Node ${node}, ${state}.`;
}

function verdictRows(tables: Tables): string[][] {
  return [
    [`Is ${subjectText(tables)} right?`, lawsText(tables)],
    ["Does it give recorded logits?", goldensText(tables)],
    ["Do other engines agree?", enginesText(tables)],
    ["How fast is the reference decoder?", speedText(tables)],
  ];
}

function lawsText(tables: Tables): string {
  const laws = lawSummary(tables);
  if (laws === null) return "not run: `npx causalgate gate`";
  const { nearest } = laws;
  if (nearest === null) return `laws: ${lawsFinding(laws)}`;
  const error = errorFinding(nearest.worst_error, nearest.worst_allowed);
  return `laws: ${lawsFinding(laws)}; largest error ${error} (${nearest.law})`;
}

function goldensText(tables: Tables): string {
  const goldens = goldenSummary(tables);
  if (goldens === null) return `not compared in this run: \`${goldensCommand(tables)}\``;
  return `${goldensFinding(goldens)} (${goldens.nearest.fixture})`;
}

function enginesText(tables: Tables): string {
  const engines = otherEngines(tables);
  if (engines.length === 0) {
    return `none was tested: \`${enginesPackage}\`, then \`${schemas.engines.command}\``;
  }
  return engines
    .map((summary) => {
      const { engine, version, arithmetic, kept, failing } = summary;
      const name = [engine, version, arithmetic].filter((part) => part !== null).join(" ");
      return `${name}: ${kept} laws kept, ${failing} failing, run ${daysOf([summary])}`;
    })
    .join("; ");
}

function speedText(tables: Tables): string {
  const speed = speedSummary(tables);
  if (speed === null) return "not timed: `npx causalgate bench`";
  const isVoid = speed.ratio.verdict === "void_control_moved";
  return `${labelledSpeed(tables, speed.ratio)}${isVoid ? "; void, as its control moved" : ""}`;
}

function figureSection({ id, title, question, caption, svg, sources, missing }: Figure): string {
  const parts = [`### ${escaped(title)}`, `*${escaped(question)}*`];
  if (missing !== null) parts.push(escaped(missing));
  // As markup, because a figure without a width would be as wide as the page.
  const alt = title.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  if (svg !== null) parts.push(`<img src="figures/${id}.svg" alt="${alt}" width="480">`);
  parts.push(...caption.map(escaped));
  if (sources.length > 0) parts.push(sources.map(sourceText).join("<br>\n"));
  return parts.join("\n\n");
}

function sourceText({ file, columns, rows }: Source): string {
  const names = columns.map((column) => `\`${column}\``).join(", ");
  return `<sub>data: [${file}](${file}), ${names}; rows: ${escaped(rows)}</sub>`;
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", " ");
  return [line(head), line(head.map(() => "---")), ...rows.map((row) => line(row.map(cell)))].join(
    "\n",
  );
}

/** Returns the text with all characters of markup escaped. */
function escaped(text: string): string {
  return text.replace(/[\\`*_[\]<>|~]/g, (character) => `\\${character}`);
}
