/** The outcome of one mutant, from the results of its worker. */
import { laws } from "../../src/laws/index.ts";
import type { MutantRow } from "../../src/verify/mutants-table.ts";
import type { Mutant } from "./mutant.ts";
import { survivors } from "./survivors.ts";
import type { Trial } from "./trial.ts";

export interface Outcome {
  readonly mutant: Mutant;
  readonly chapter: string;
  readonly status: MutantRow["status"];
  /** The result of every law that was tried, in order. */
  readonly trials: readonly Trial[];
  /** The broken ones: laws, then checks, each sorted by the number of cases. */
  readonly kills: readonly Trial[];
  /** True if the mutant's own text has run. */
  readonly reached: boolean;
}

const ids = new Set(laws.map(({ id }) => id));

/**
 * Returns the outcome of a mutant.
 *
 * @param ran true if a survivor's own text has run; that of a killed mutant has
 */
export function outcomeOf(
  mutant: Mutant,
  chapter: string,
  trials: readonly Trial[],
  ran: boolean,
): Outcome {
  const isCheck = ({ law }: Trial) => (ids.has(law) ? 0 : 1);
  const kills = trials
    .filter(({ broken }) => broken !== null)
    .sort((a, b) => isCheck(a) - isCheck(b) || a.cases - b.cases || a.ms - b.ms);
  const status = kills.length > 0 ? "killed" : (survivors[mutant.id]?.status ?? "survived");
  return { mutant, chapter, status, trials, kills, reached: kills.length > 0 || ran };
}

/** Returns the contradictions between the outcomes and survivors.ts. */
export function problemsOf(outcomes: readonly Outcome[]): string[] {
  return outcomes.flatMap(({ mutant: { id }, status, kills }) => {
    const listed = survivors[id]?.status;
    if (status === "survived") return [`${id} survived, and survivors.ts gives no reason`];
    if (status !== "killed" || listed === undefined) return [];
    return [`${id} is listed as ${listed}, but ${kills[0].law} was broken: ${kills[0].broken}`];
  });
}

/** Returns the median; NaN if there is no value. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length === 0) return Number.NaN;
  return Number.isInteger(middle)
    ? (sorted[middle - 1] + sorted[middle]) / 2
    : sorted[Math.floor(middle)];
}
