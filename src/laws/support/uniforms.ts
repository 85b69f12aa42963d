import type { Random } from "../../math/random.ts";

interface Cell {
  readonly middle: number;
  readonly width: number;
}

/** Returns the cells between these numbers in (0, 1). */
export function cellsBetween(breakpoints: readonly number[]): Cell[] {
  const edges = [0, ...[...new Set(breakpoints)].sort((a, b) => a - b), 1];
  return edges.slice(1).map((end, i) => ({
    middle: (edges[i] + end) / 2,
    width: end - edges[i],
  }));
}

/**
 * Returns the probability of every outcome of a run that draws uniform numbers. It is exact if the
 * outcome changes only at the edges of the cells.
 *
 * The runs form a tree: each number that a run draws is a node, each cell a branch. The tree is
 * traversed depth first, one run a leaf, so that runs may draw different counts of numbers.
 */
export async function distributionOf(
  run: (random: Random) => Promise<string>,
  cells: readonly Cell[],
): Promise<Map<string, number>> {
  const outcomes = new Map<string, number>();
  const path: number[] = []; // The cell that each number is taken from.
  do {
    let asked = 0;
    const outcome = await run(() => {
      if (asked === path.length) path.push(0);
      return cells[path[asked++]].middle;
    });
    path.length = asked;
    const weight = path.reduce((product, cell) => product * cells[cell].width, 1);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + weight);
    while (path.at(-1) === cells.length - 1) path.pop();
    if (path.length > 0) path[path.length - 1]++;
  } while (path.length > 0);
  return outcomes;
}
