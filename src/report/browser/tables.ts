/** Search and sort for the tables of the page. */

/** Puts a button into every head of a column. The first press sorts numbers from the largest. */
export function sortable(table: HTMLTableElement): void {
  const heads = [...table.tHead!.rows[0].cells];
  for (const [column, head] of heads.entries()) {
    const button = document.createElement("button");
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const numeric = head.classList.contains("number");
      const first = numeric ? "descending" : "ascending";
      const second = numeric ? "ascending" : "descending";
      const order = head.ariaSort === first ? second : first;
      for (const other of heads) other.removeAttribute("aria-sort");
      head.ariaSort = order;
      sort(table, column, numeric, order === "ascending" ? 1 : -1);
    });
  }
}

function sort(table: HTMLTableElement, column: number, numeric: boolean, sign: 1 | -1): void {
  const body = table.tBodies[0];
  const keyed = [...body.rows].map((row) => ({ row, key: row.cells[column].dataset.sort ?? "" }));
  keyed.sort((a, b) => {
    if (a.key === "" || b.key === "") return Number(a.key === "") - Number(b.key === "");
    return sign * (numeric ? Number(a.key) - Number(b.key) : a.key.localeCompare(b.key));
  });
  body.append(...keyed.map(({ row }) => row));
}

/** Shows the rows that have every word of what is typed, and says how many they are. */
export function searchable(table: HTMLTableElement): void {
  const input = document.querySelector<HTMLInputElement>(`#${table.id}-search`)!;
  const said = document.querySelector<HTMLOutputElement>(`output[for="${input.id}"]`)!;
  const rows = [...table.tBodies[0].rows].map((row) => ({
    row,
    text: row.textContent.toLowerCase(),
  }));
  const search = () => {
    const words = input.value.toLowerCase().split(/\s+/);
    let shown = 0;
    for (const { row, text } of rows) {
      row.hidden = !words.every((word) => text.includes(word));
      if (!row.hidden) shown++;
    }
    said.value = shown === rows.length ? `${rows.length}` : `${shown} of ${rows.length}`;
  };
  input.addEventListener("input", search);
  input.parentElement!.hidden = false;
  search();
}
