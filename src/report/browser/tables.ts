/** Search and sort for the tables of the page; sorting is by sortable-tablesort. */
import "sortable-tablesort/dist/esm/sortable.js";

/** Makes the heads of the columns buttons, whose first press sorts numbers from the largest. */
export function sortable(table: HTMLTableElement): void {
  for (const head of table.tHead!.rows[0].cells) {
    const button = document.createElement("button");
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      table.classList.toggle("asc", !head.classList.contains("number"));
    });
  }
}

/** Shows the rows that contain every word of the search, and their number. */
export function searchable(table: HTMLTableElement): void {
  const input = document.querySelector<HTMLInputElement>(`#${table.id}-search`)!;
  const label = input.closest("label")!;
  const found = label.querySelector("output")!;
  const rows = [...table.tBodies[0].rows].map((row) => ({
    row,
    text: row.textContent.toLowerCase(),
  }));
  const search = () => {
    const words = input.value.toLowerCase().split(/\s+/);
    for (const { row, text } of rows) row.hidden = !words.every((word) => text.includes(word));
    const shown = rows.filter(({ row }) => !row.hidden).length;
    found.value = shown === rows.length ? `${rows.length}` : `${shown} of ${rows.length}`;
  };
  input.addEventListener("input", search);
  label.hidden = false;
  search();
}
