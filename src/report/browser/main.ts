/** The page's script; the page can be read without it. */
import { explorer } from "./explorer.ts";
import { killGrid } from "./kill-grid.ts";
import { searchable, sortable } from "./tables.ts";

for (const table of document.querySelectorAll<HTMLTableElement>("table.sortable")) {
  sortable(table);
  searchable(table);
}
killGrid();
explorer();
