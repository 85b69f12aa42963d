/** The results of every law on every engine. */
import { scientific } from "../../io/numbers.ts";
import { enginesPackage } from "../../verify/engines-table.ts";
import { daysOf } from "../findings.ts";
import { schemas, type TableRow } from "../schemas.ts";
import { type EngineSummary, engineSummaries } from "../summaries.ts";
import type { Tables } from "../tables.ts";
import { type Html, html } from "./html.ts";
import { missing, source } from "./sources.ts";

type EngineRow = TableRow<"engines">;

export function enginesSection(tables: Tables): Html {
  const engines = engineSummaries(tables);
  if (engines.length === 0) {
    const what = "No independent engine was tested yet";
    return html`<section id="engines"><h2>Engines</h2>${missing(what, enginesPackage, schemas.engines.command)}</section>`;
  }
  const described = new Set(tables.laws?.rows.map(({ law }) => law));
  const laws = [...new Set(engines.flatMap(({ rows }) => rows.map(({ law }) => law)))];
  return html`<section id="engines">
<hgroup><h2>Engines</h2><p>The same laws on engines that causalgate did not write. ✓ kept, ✗ broken, not deterministic or an error, ? unproven, out of time or now kept, ! broken as declared beforehand, – not offered. Each column has the day of its run: engines that the latest run did not test keep their verdicts. ${source(tables.engines, ["engine", "version", "law", "status", "largest_error", "tolerance"])}</p></hgroup>
<div class="scroll" role="region" aria-label="Engines and laws" tabindex="0"><table class="matrix">
<caption>Engines and laws</caption>
<thead><tr><th scope="col">Law</th>${engines.map(
    (summary) =>
      html`<th scope="col">${summary.engine}<small>${summary.version} ${summary.arithmetic}<br>run ${daysOf([summary])}</small></th>`,
  )}</tr></thead>
<tbody>
<tr><th scope="row">kept / failing</th>${engines.map(
    ({ kept, failing }) =>
      html`<td>${kept} / <span class="${failing === 0 ? "good" : "bad"}">${failing}</span></td>`,
  )}</tr>
${laws.map(
  (law) =>
    html`<tr><th scope="row">${described.has(law) ? html`<a href="#${law}"><code>${law}</code></a>` : html`<code>${law}</code>`}</th>${engines.map((engine) => verdictCell(engine, law))}</tr>\n`,
)}</tbody></table></div>
</section>`;
}

const marks: Readonly<Record<EngineRow["status"], readonly [mark: string, state: string]>> = {
  kept: ["✓", "good"],
  broken: ["✗", "bad"],
  "not deterministic": ["✗", "bad"],
  error: ["✗", "bad"],
  "out of time": ["?", "bad"],
  unproven: ["?", "bad"],
  "now kept": ["?", "bad"],
  "known failure": ["!", "known"],
  "not offered": ["–", "neutral"],
};

function verdictCell({ rows }: EngineSummary, law: string): Html {
  const row = rows.find((row) => row.law === law);
  if (row === undefined) return html`<td></td>`;
  const [mark, state] = marks[row.status];
  const error =
    row.largest_error === null || row.tolerance === null
      ? ""
      : `, largest error ${scientific(row.largest_error)} of ${scientific(row.tolerance)}`;
  const title = `${row.status}, ${row.cases} cases${error}`;
  return html`<td class="${state}" title="${title}"><span aria-hidden="true">${mark}</span><span class="unseen">${row.status}</span></td>`;
}
