/**
 * The origin of the numbers in a folder: `laws.csv` describes one subject in one run; the other
 * tables may be of another run, and most of them are always of the reference decoder.
 */
import { runTime } from "../io/run-record.ts";
import type { Tables } from "./tables.ts";

/** Subjects of this package that are the reference decoder. */
const ownSubjects: readonly string[] = ["reference", "reference-tiled"];

/** Returns the names of the subjects of laws.csv: usually one; none if no laws were run. */
export function subjectsOf({ laws }: Pick<Tables, "laws">): readonly string[] {
  return [...new Set(laws?.rows.map(({ subject }) => subject))];
}

/** Returns true if laws.csv was written by this run, or if there is none to disagree with. */
export function isRunOfLaws({ laws }: Tables, runId: string): boolean {
  return laws === undefined || laws.rows.some(({ run_id }) => run_id === runId);
}

/**
 * Returns true if laws.csv is about the reference decoder: by its name, or because its run compared
 * the reference with recorded logits too, as the gate does for one model.
 */
export function isOfReference(tables: Tables): boolean {
  if (subjectsOf(tables).every((name) => ownSubjects.includes(name))) return true;
  return tables.goldens !== undefined && isRunOfLaws(tables, tables.goldens.rows[0].run_id);
}

/** Returns the subject of laws.csv in words: `the reference decoder`, or the name of an engine. */
export function subjectText(tables: Tables): string {
  const names = subjectsOf(tables).filter((name) => name !== "reference");
  if (!isOfReference(tables)) return names.join(", ");
  return names.length === 0 ? "the reference decoder" : `the reference decoder (${names})`;
}

/**
 * Returns the label of a number of the reference decoder: blank if it is of the run and of the
 * subject of laws.csv.
 *
 * @param runId the run that wrote the number; null for exact counts, which depend on no run
 */
export function referenceLabel(tables: Tables, runId: string | null): string {
  const parts = [
    ...(isOfReference(tables) ? [] : [`the reference decoder, not ${subjectText(tables)}`]),
    ...(runId === null || isRunOfLaws(tables, runId) ? [] : [`run of ${runTime(runId)}`]),
  ];
  return parts.length === 0 ? "" : `${parts.join(", ")}: `;
}

/** Returns the subjects of the figures, as a sentence without its period. */
export function referenceNote(tables: Tables): string {
  const other = isOfReference(tables) ? "" : `, not ${subjectText(tables)}`;
  return [
    `Outputs and times in the figures are of the reference decoder${other}`,
    "peers.csv has other engines too",
    "counts are of the models named",
  ].join("; ");
}

/** Returns the command that compares the subject of laws.csv with recorded logits. */
export function goldensCommand(tables: Tables): string {
  return isOfReference(tables) ? "npx causalgate gate" : "npx causalgate golden check";
}
