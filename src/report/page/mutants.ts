/** The planted bugs: which law kills which, as a matrix to point at and as a table to search. */
import { grouped } from "../../io/numbers.ts";
import type { TableRow } from "../schema/index.ts";
import type { Tables } from "../tables.ts";
import { type Content, type Html, html, json } from "./html.ts";
import { killGrid } from "./kill-grid.ts";
import { missing, source } from "./sources.ts";
import { dataTable } from "./table.ts";

type MutantRow = TableRow<"mutants">;

export function mutantsSection({ mutants, killMatrix }: Tables): Html {
  if (mutants === undefined) {
    const what = "No bug was planted yet";
    return html`<section id="mutants"><h2>Mutants</h2>${missing(what, "npm run mutants")}</section>`;
  }
  const { rows } = mutants;
  const of = (status: MutantRow["status"]) => rows.filter((row) => row.status === status);
  const killed = of("killed").length;
  const equivalent = of("equivalent").length;
  const left = [...of("survived"), ...of("open"), ...of("equivalent")];
  return html`<section id="mutants">
<h2>Mutants</h2>
<p class="about">Real bugs, planted one at a time: ${killed} of ${rows.length} are killed by a law, ${equivalent} change nothing that can be seen, ${rows.length - killed - equivalent} live. ${source(mutants, ["mutant", "bug", "link", "status", "killed_by"])}</p>
${left.length > 0 && html`<ul class="facts">${left.map(survivor)}</ul>`}
${killMatrix !== undefined && matrix(rows, killMatrix)}
<details><summary>All ${rows.length} bugs as a table</summary>
${mutantTable(rows)}
</details>
</section>`;
}

function survivor({ mutant, bug, status, explanation }: MutantRow): Html {
  const state = status === "equivalent" ? "neutral" : "bad";
  return html`<li><code>${mutant}</code> <b class="${state}">${status === "equivalent" ? "" : "✗ "}${status}</b>: ${explanation ?? bug}</li>`;
}

function matrix(rows: readonly MutantRow[], table: NonNullable<Tables["killMatrix"]>): Html {
  const { svg, data } = killGrid(table.rows);
  const about = new Map(rows.map((row) => [row.mutant, row]));
  const mutants = data.mutants.map((mutant) => {
    const row = about.get(mutant);
    return [mutant, row?.bug ?? "", row?.link ?? "", row?.status ?? ""];
  });
  return html`<figure class="kill">
<div class="scroll"><div id="kill-grid" tabindex="0" role="application" aria-label="Kill matrix of ${data.mutants.length} bugs and ${data.laws.length} laws; the arrow keys move, and what is there is said below" aria-describedby="kill-said">${svg}</div></div>
<output id="kill-said" class="kill-said">
Point at a square, or use the arrow keys: a column is a bug, a row is a law.
</output>
<figcaption>Filled: the law kills the bug. The larger the square, the fewer cases it took: ${data.legend.map(({ name, size }) => html`<span class="key"><i class="size${size}"></i> ${name}</span>`)} ${source(table, ["mutant", "chapter", "a law each"])}</figcaption>
${json("kill-data", { mutants, laws: data.laws, kills: data.kills })}
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
    rows: rows.map((row) => ({ id: null, cells: mutantCells(row) })),
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
