/** Says what stands under the pointer or the cursor in the kill matrix. */
import { html } from "../page/html.ts";
import { place } from "../page/kill-place.ts";

interface KillData {
  readonly mutants: readonly (readonly [id: string, bug: string, link: string, status: string])[];
  readonly laws: readonly string[];
  /** For each law pairs of a column and the cases of its kill. */
  readonly kills: readonly (readonly number[])[];
}

export function killGrid(): void {
  const grid = document.querySelector<HTMLElement>("#kill-grid");
  if (grid === null) return;
  const data: KillData = JSON.parse(document.querySelector("#kill-data")!.textContent);
  const svg = grid.querySelector("svg")!;
  const said = document.querySelector<HTMLOutputElement>("#kill-said")!;
  const [row, column] = svg.querySelectorAll<SVGRectElement>("#kill-cross rect");
  const at = { column: 0, row: 0 };

  const show = (x: number, y: number) => {
    at.column = Math.min(Math.max(x, 0), data.mutants.length - 1);
    at.row = Math.min(Math.max(y, 0), data.laws.length - 1);
    row.setAttribute("y", `${place.top + at.row * place.height}`);
    column.setAttribute("x", `${place.left + at.column * place.width}`);
    row.parentElement!.setAttribute("visibility", "visible");
    said.innerHTML = description(data, at.column, at.row);
  };

  grid.addEventListener("pointermove", ({ clientX, clientY }) => {
    const { left, top, width } = svg.getBoundingClientRect();
    const scale = svg.viewBox.baseVal.width / width;
    const x = Math.floor(((clientX - left) * scale - place.left) / place.width);
    const y = Math.floor(((clientY - top) * scale - place.top) / place.height);
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

function description({ mutants, laws, kills }: KillData, column: number, row: number): string {
  const [id, bug, link, status] = mutants[column];
  const pairs = kills[row];
  const found = pairs.findIndex((value, i) => i % 2 === 0 && value === column);
  const cases = pairs[found + 1];
  const kill =
    found < 0 ? "does not see it" : `kills it with ${cases === 1 ? "case 1" : `case ${cases}`}`;
  const fate = status === "killed" ? "" : `; the bug is ${status}`;
  const name = link === "" ? html`<b>${bug}</b>` : html`<a href="${link}">${bug}</a>`;
  return html`${name} <code>${id}</code><br><code>${laws[row]}</code> ${kill}${fate}.`.text;
}
