/**
 * The planted bugs, and the laws that detect them: an interactive matrix, and a table to search.
 */
import { grouped } from "../../io/numbers.ts";
import { mutantsFinding } from "../findings.ts";
import { schemas, type TableRow } from "../schemas.ts";
import type { Tables } from "../tables.ts";
import { type Content, type Html, html, json } from "./html.ts";
import { killGrid, shades } from "./kill-grid.ts";
import { missing, source } from "./sources.ts";
import { dataTable } from "./table.ts";

type MutantRow = TableRow<"mutants">;

export async function mutantsSection({ mutants, killMatrix }: Tables): Promise<Html> {
  if (mutants === undefined) {
    const what = "No bug was planted yet";
    return html`<section id="mutants"><h2>Mutants</h2>${missing(what, schemas.mutants.command)}</section>`;
  }
  const { rows } = mutants;
  const of = (status: MutantRow["status"]) => rows.filter((row) => row.status === status);
  const left = [...of("survived"), ...of("open"), ...of("equivalent")];
  return html`<section id="mutants">
<hgroup><h2>Mutants</h2>
<p>${mutantsFinding(rows)}.
${source(mutants, ["mutant", "bug", "link", "status", "killed_by"])}</p></hgroup>
${left.length > 0 && html`<ul>${left.map(survivor)}</ul>`}
${killMatrix !== undefined && (await matrix(killMatrix))}
<details><summary>All ${rows.length} bugs as a table</summary>
${mutantTable(rows)}
</details>
</section>`;
}

function survivor({ mutant, bug, status, explanation }: MutantRow): Html {
  const state = status === "equivalent" ? "neutral" : "bad";
  return html`<li><code>${mutant}</code> <b class="${state}">${status === "equivalent" ? "" : "✗ "}${status}</b>: ${explanation ?? bug}</li>`;
}

async function matrix(table: NonNullable<Tables["killMatrix"]>): Promise<Html> {
  const { svg, data } = await killGrid(table.rows);
  return html`<figure>
<div class="scroll"><div id="kill-grid" tabindex="0" role="application" aria-label="Kill matrix of ${data.mutants.length} bugs and ${data.laws.length} laws; the arrow keys move, and the text below describes the cell" aria-describedby="kill-text">
<ol aria-hidden="true" style="padding-top:${data.cell.top}px;line-height:${data.cell.height}px">${data.laws.map((law) => html`<li>${law}</li>`)}</ol>
<div>${svg}<i></i><i></i></div>
</div></div>
<output id="kill-text">
Point at a cell, or use the arrow keys: a column is a bug, a row is a law.
</output>
<figcaption>Filled: the law detects the bug. The darker the cell, the fewer cases it took: ${shades.map(({ name, opacity }) => html`<span style="opacity:${opacity}">■</span> ${name} `)} ${source(table, ["mutant", "chapter", "a law each"])}</figcaption>
${json("kill-data", data)}
</figure>`;
}

function mutantTable(rows: readonly MutantRow[]): Html {
  return dataTable({
    id: "mutant-table",
    caption: "Planted bugs",
    columns: [
      { title: "Bug" },
      { title: "Chapter" },
      { title: "Status" },
      { title: "Laws that kill it", numeric: true },
      { title: "First kill" },
      { title: "Cases to it", numeric: true },
    ],
    rows: rows.map((row) => ({ id: `mutant-${row.mutant}`, cells: mutantCells(row) })),
  });
}

function mutantCells(row: MutantRow): { content: Content; value: string | number | null }[] {
  const { mutant, bug, link, chapter, status, killed_by, first_kill_law, cases_to_first_kill } =
    row;
  const killers = killed_by === null ? 0 : killed_by.split(" ").length;
  const title = link === null ? bug : html`<a href="${link}">${bug}</a>`;
  return [
    { content: html`${title}<small><code>${mutant}</code></small>`, value: bug },
    { content: chapter, value: chapter },
    {
      content: html`<span class="${status === "killed" ? "good" : "bad"}">${status}</span>`,
      value: status,
    },
    { content: killers, value: killers },
    { content: first_kill_law && html`<code>${first_kill_law}</code>`, value: first_kill_law },
    {
      content: cases_to_first_kill !== null && grouped(cases_to_first_kill),
      value: cases_to_first_kill,
    },
  ];
}
