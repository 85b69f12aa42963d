/** Every law with its result, as a table to search and to sort. */
import { grouped, scientific } from "../../io/numbers.ts";
import { shareText } from "../../verify/tolerance-share.ts";
import { isFailing, lawSummary, toleranceShare } from "../summaries.ts";
import type { Tables } from "../tables.ts";
import { type Content, type Html, html } from "./html.ts";
import { missing, source } from "./sources.ts";
import { dataTable } from "./table.ts";

export function lawsSection(tables: Tables): Html {
  const laws = lawSummary(tables);
  if (laws === null) {
    return html`<section id="laws"><h2>Laws</h2>${missing("No law was run yet", "npx causalgate gate")}</section>`;
  }
  return html`<section id="laws">
<hgroup><h2>Laws</h2><p>Properties of every decoder. Reached: the share of cases that met the law's precondition; other cases prove nothing. A law that does not detect the violation planted for it on this decoder is unproven. Largest error: the error nearest to the tolerance of the decoder's arithmetic; blank if equal bits are required, or no logits are compared. Tolerance: as a share of the spread of the logits, which is the largest of a row minus the smallest; above 1 % the law is unproven. ${source(tables.laws, ["law", "statement", "catches", "status", "cases", "reached", "worst_error", "worst_allowed", "tolerance_share", "tolerance_from", "time_ms"])}</p></hgroup>
${dataTable({
  id: "law-table",
  caption: "Laws",
  columns: [
    { title: "Law" },
    { title: "Verdict" },
    { title: "Cases", numeric: true },
    { title: "Reached", numeric: true },
    { title: "Largest error", numeric: true },
    { title: "Tolerance", numeric: true },
    { title: "Time", numeric: true },
  ],
  rows: laws.rows.map((row) => ({ id: row.law, cells: lawCells(row) })),
})}
</section>`;
}

type Row = NonNullable<ReturnType<typeof lawSummary>>["rows"][number];

function lawCells(row: Row): { content: Content; value: string | number | null }[] {
  const { law, chapter, name, statement, catches, cases, reached, precondition, floor } = row;
  const isRun = cases > 0;
  const share = reached / cases;
  const error = toleranceShare(row);
  return [
    {
      content: html`<code>${law}</code> <b>${name}</b>${chapter !== null && ` (${chapter})`}<br>${statement}<small>Catches ${catches}.</small>${failure(row)}`,
      value: law,
    },
    { content: verdict(row), value: row.status },
    { content: isRun && grouped(cases), value: cases },
    {
      content:
        isRun &&
        html`<span title="${precondition}; at least ${100 * floor} % must">${Math.round(100 * share)} %</span>`,
      value: isRun ? share : null,
    },
    {
      content:
        error !== null &&
        html`<span title="${row.worst_error} of ${row.worst_allowed}">${scientific(row.worst_error!)}<small>of ${scientific(row.worst_allowed!)}</small></span>`,
      value: error,
    },
    { content: tolerance(row), value: row.tolerance_share },
    { content: isRun && `${grouped(row.time_ms)} ms`, value: row.time_ms },
  ];
}

function tolerance({ tolerance_share: share, tolerance_from: from }: Row): Content {
  return html`${share !== null && shareText(share)}${from === "overridden" && html`<small>overridden</small>`}`;
}

function verdict(row: Row): Html {
  const state = isFailing(row) ? "bad" : row.status === "kept" ? "good" : "neutral";
  const mark = { bad: "✗", good: "✓", neutral: "–" }[state];
  return html`<span class="${state}"><span aria-hidden="true">${mark}</span> ${row.status}</span>`;
}

function failure({ error, reason, replay }: Row): Content {
  if (error === null && reason === null) return null;
  return html`<p class="bad">${error ?? reason}</p>${replay !== null && html`<code>--replay ${replay}</code>`}`;
}
