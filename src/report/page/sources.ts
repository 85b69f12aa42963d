/** The origin of a number: a link to its table, or the command that writes a missing table. */
import { placeOf } from "../../io/package-files.ts";
import type { TableName } from "../schemas.ts";
import type { Table } from "../tables.ts";
import { type Html, html } from "./html.ts";

/** Returns a link to a table, with the used columns as its title. */
export function source<Name extends TableName>(
  table: Table<Name> | undefined,
  columns: readonly string[],
): Html | null {
  if (table === undefined) return null;
  const title = `${table.file}: ${columns.join(", ")}`;
  return html`<small><a href="${table.file}" title="${title}">${table.file}</a></small>`;
}

/** Returns a command to type. */
export function toRun(command: string): Html {
  return html`<code>${command}</code>`;
}

/** Returns a note that a table is missing, with the commands that write it. */
export function missing(what: string, ...commands: readonly string[]): Html {
  return html`<p class="missing">${what}: ${placeOf(commands[0])}run ${commands.map((command) => html`${toRun(command)}, then `)} ${toRun("npx causalgate report")}.</p>`;
}
