/** Counts of planted bugs: real and our own, and by what they are detected. */
import { laws } from "../laws/index.ts";
import type { TableRow } from "./schemas.ts";

type MutantRow = TableRow<"mutants">;

export interface MutantCounts {
  readonly planted: number;
  /** Bugs that happened in public code, and have a link. */
  readonly real: number;
  readonly own: number;
  readonly killed: number;
  readonly byLaw: number;
  /** Detected by no law, but by a check of a part that no law sees, such as a file format. */
  readonly byCheckOnly: number;
  readonly equivalent: number;
  readonly undetected: number;
  /**
   * The median, over the bugs that a law detects, of the cases that the fastest law needs; null if
   * no law detects one.
   */
  readonly medianCases: number | null;
}

const lawIds: ReadonlySet<string> = new Set(laws.map(({ id }) => id));

export function mutantCounts(rows: readonly MutantRow[]): MutantCounts {
  const of = (...statuses: readonly MutantRow["status"][]) =>
    rows.filter(({ status }) => statuses.includes(status));
  const killed = of("killed");
  const byLaw = killed.filter(({ killed_by }) =>
    (killed_by ?? "").split(" ").some((id) => lawIds.has(id)),
  );
  const real = rows.filter(({ link }) => link !== null).length;
  const cases = byLaw.map((row) => row.cases_to_first_kill ?? 0).toSorted((a, b) => a - b);
  return {
    ...{ planted: rows.length, real, own: rows.length - real },
    ...{ killed: killed.length, byLaw: byLaw.length, byCheckOnly: killed.length - byLaw.length },
    ...{ equivalent: of("equivalent").length, undetected: of("open", "survived").length },
    medianCases: cases[Math.floor(cases.length / 2)] ?? null,
  };
}
