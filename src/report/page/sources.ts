/** Where a number is from: a link to its table, or what to type where the table is missing. */
import type { TableName } from "../schemas.ts";
import type { Table } from "../tables.ts";
import { type Html, html } from "./html.ts";

/** A link to a table, which says the columns that were read. */
export function source<Name extends TableName>(
  table: Table<Name> | undefined,
  columns: readonly string[],
): Html | null {
  if (table === undefined) return null;
  const said = `${table.file}: ${columns.join(", ")}`;
  return html`<small><a href="${table.file}" title="${said}">${table.file}</a></small>`;
}

/** A command to type. */
export function toRun(command: string): Html {
  return html`<code>${command}</code>`;
}

/** Says that a table is missing, and what writes it. */
export function missing(what: string, command: string): Html {
  return html`<p class="missing">${what}: run ${toRun(command)}, then ${toRun("npx causalgate report")}.</p>`;
}

/** `2026-11-22T11:17:46.239Z` as `2026-11-22 11:17 UTC`. */
export function when(runId: string): string {
  const match = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)/.exec(runId);
  return match === null ? runId : `${match[1]} ${match[2]} UTC`;
}
