/** The runs that wrote the tables, each with its machine, and its files with their hashes. */
import { basename } from "node:path";
import { si } from "../../io/numbers.ts";
import { type PastRun, runTime } from "../../io/run-record.ts";
import type { Reports } from "../tables.ts";
import { type Html, html } from "./html.ts";

export function runsSection({ tables, runs }: Reports): Html {
  if (runs.length === 0) {
    return html`<section id="runs"><h2>Runs</h2><p class="missing">There is no run.json, so the origin of these tables is unknown.</p></section>`;
  }
  const places = new Map(Object.values(tables).map(({ file }) => [basename(file), file]));
  return html`<section id="runs">
<hgroup><h2>Runs</h2><p>Each table belongs to the run that wrote it last; the first digits of its
SHA-256 are beside it. Everything is in <code>run.json</code>.</p></hgroup>
<table class="stack">
<caption>Runs</caption>
<thead><tr><th scope="col">Run</th><th scope="col">Machine</th><th scope="col">Tables</th></tr></thead>
<tbody>${runs.toReversed().map((run) => runRow(run, places))}</tbody>
</table>
</section>`;
}

function runRow(run: PastRun, places: ReadonlyMap<string, string>): Html {
  const commit = run.git_commit === null ? "outside git" : `commit ${run.git_commit.slice(0, 10)}`;
  const files = Object.entries(run.sha256).map(([file, hash]) => {
    const place = places.get(file);
    const name = place === undefined ? file : html`<a href="${place}">${file}</a>`;
    return html`${name}&nbsp;<code>${hash.slice(0, 8)}</code> `;
  });
  return html`<tr>
<th scope="row"><code>${run.command}</code><small>${runTime(run.run_id)}, seed ${run.seed}<br>${run.version !== undefined && `causalgate ${run.version}, `}${commit}${run.git_dirty && " with changes"}</small></th>
<td>${run.cpu}<small>${run.cores} cores, ${si(run.memory_bytes, "B")}, load ${run.load_average.toFixed(2)}${run.governor !== null && `, governor ${run.governor}`}<br>${run.platform}, Node ${run.node}, V8 ${run.v8}</small></td>
<td>${files}</td>
</tr>\n`;
}
