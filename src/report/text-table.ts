import Table from "cli-table3";

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

/** `6738415616` as `6,738,415,616`. */
export function grouped(count: bigint | number): string {
  return count.toLocaleString("en");
}

/** `0.6684` as `66.84 %`. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
