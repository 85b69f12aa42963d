/** Describes the cell under the pointer or the cursor of the kill matrix. */
import { html } from "../page/html.ts";

interface KillData {
  /** Pixels of a cell, and of the room above all cells. */
  readonly cell: { readonly width: number; readonly height: number; readonly top: number };
  readonly mutants: readonly string[];
  readonly laws: readonly string[];
  /** For each law, pairs of a column and the cases to its detection. */
  readonly kills: readonly (readonly number[])[];
}

export function killGrid(): void {
  const grid = document.querySelector<HTMLElement>("#kill-grid");
  if (grid === null) return;
  const data: KillData = JSON.parse(document.querySelector("#kill-data")!.textContent);
  const { width, height, top } = data.cell;
  const svg = grid.querySelector("svg")!;
  const text = document.querySelector<HTMLOutputElement>("#kill-text")!;
  const [row, column] = grid.querySelectorAll<HTMLElement>("i");
  const at = { column: 0, row: 0 };

  const show = (x: number, y: number) => {
    at.column = Math.min(Math.max(x, 0), data.mutants.length - 1);
    at.row = Math.min(Math.max(y, 0), data.laws.length - 1);
    row.style.cssText = `inset:${top + at.row * height}px 0 auto;height:${height}px`;
    column.style.cssText = `inset:${top}px auto 0 ${at.column * width}px;width:${width}px`;
    text.innerHTML = description(data, at.column, at.row);
  };

  grid.addEventListener("pointermove", ({ clientX, clientY }) => {
    const box = svg.getBoundingClientRect();
    const x = Math.floor((clientX - box.left) / width);
    const y = Math.floor((clientY - box.top - top) / height);
    if (x >= 0 && y >= 0) show(x, y);
  });
  const steps: Readonly<Record<string, readonly [number, number]>> = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, -1],
    ArrowDown: [0, 1],
  };
  grid.addEventListener("focus", () => show(at.column, at.row));
  grid.addEventListener("keydown", (event) => {
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    show(at.column + step[0], at.row + step[1]);
  });
}

/** Returns the bug, from its row of the table, and the case with which the law detects it. */
function description({ mutants, laws, kills }: KillData, column: number, row: number): string {
  const id = mutants[column];
  const pairs = kills[row];
  const found = pairs.findIndex((value, i) => i % 2 === 0 && value === column);
  const kill = found < 0 ? "does not detect it" : `kills it with case ${pairs[found + 1]}`;
  const cells = document.querySelector<HTMLTableRowElement>(`#mutant-${id}`)?.cells;
  const status = cells?.[2].textContent ?? "";
  const fate = status === "killed" ? "" : `; the bug is ${status}`;
  const bug = cells?.[0].innerHTML ?? id;
  return `${bug} ${html`<code>${laws[row]}</code> ${kill}${fate}.`.text}`;
}
