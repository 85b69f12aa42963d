/** A table that the page's script makes searchable and sortable. */
import { type Content, type Html, html } from "./html.ts";

export interface DataColumn {
  readonly title: string;
  /** True for numbers, which are right-aligned and sort from the largest. */
  readonly numeric?: boolean;
}

export interface DataCell {
  readonly content: Content;
  /** The value by which the column is sorted; null is always last. */
  readonly value: string | number | null;
}

export interface DataRow {
  readonly id: string | null;
  readonly cells: readonly DataCell[];
}

export interface DataTable {
  readonly id: string;
  readonly caption: string;
  readonly columns: readonly DataColumn[];
  readonly rows: readonly DataRow[];
}

export function dataTable({ id, caption, columns, rows }: DataTable): Html {
  // On a narrow screen page.css shows the title of a column in each of its cells.
  const titles = columns.map(({ title }, i) => `--column-${i + 1}:"${title} "`).join(";");
  return html`<label hidden>Search, rows shown: <output></output> <input id="${id}-search" type="search" autocomplete="off" spellcheck="false"></label>
<table id="${id}" class="sortable n-last stack" style="${titles}">
<caption>${caption}</caption>
<thead><tr>${columns.map(
    ({ title, numeric }) =>
      html`<th scope="col"${numeric === true && html` class="number"`}>${title}</th>`,
  )}</tr></thead>
<tbody>
${rows.map((row) => html`${tableRow(row, columns)}\n`)}</tbody>
</table>`;
}

function tableRow({ id, cells }: DataRow, columns: readonly DataColumn[]): Html {
  const contents = cells.map(({ content, value }, i) => {
    const sort = html` data-sort="${value ?? ""}"`;
    const name = columns[i].numeric === true && html` class="number"`;
    return i === 0
      ? html`<th scope="row"${sort}>${content}</th>`
      : html`<td${name}${sort}>${content}</td>`;
  });
  return html`<tr${id !== null && html` id="${id}"`}>${contents}</tr>`;
}
