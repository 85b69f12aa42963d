import Table from "cli-table3";

export { grouped, percent } from "./numbers.ts";

/** A table as text: the first column left, the others right; no colours, so a file can keep it. */
export function textTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    head: [...head],
    colAligns: head.map((_, column) => (column === 0 ? "left" : "right")),
    style: { head: [], border: [], compact: true },
  });
  table.push(...rows.map((cells) => [...cells]));
  return table.toString();
}
