/** Scores: the share of the mutants that the tests detect, by folder. */
import jstat from "jstat";
import { schemaVersion } from "../../src/io/table.ts";
import type { SyntacticRow, SyntacticScoreRow } from "../../src/verify/syntactic-table.ts";
import { folders, type SyntacticMutant } from "./mutants.ts";

/** Returns the scores of each folder with a row, and of all. */
export function scoresOf(
  rows: readonly SyntacticRow[],
  mutants: readonly SyntacticMutant[],
  runId: string,
): SyntacticScoreRow[] {
  const tried = folders.filter((name) => rows.some(({ folder }) => folder === name));
  const score = (folder: string, isIn: (name: string) => boolean) =>
    scoreOf(
      folder,
      rows.filter((row) => isIn(row.folder)),
      mutants.filter((mutant) => isIn(mutant.folder)).length,
      runId,
    );
  return [
    ...tried.map((folder) => score(folder, (name) => name === folder)),
    score("all", () => true),
  ];
}

function scoreOf(
  folder: string,
  rows: readonly SyntacticRow[],
  mutants: number,
  runId: string,
): SyntacticScoreRow {
  const count = (...statuses: readonly SyntacticRow["status"][]) =>
    rows.filter(({ status }) => statuses.includes(status)).length;
  const detected = count("killed", "timeout");
  const equivalent = count("equivalent");
  const score = detected / rows.length;
  const [low, high] =
    rows.length === mutants ? [score, score] : shareInterval(detected, rows.length);
  return {
    schema_version: schemaVersion,
    run_id: runId,
    folder,
    mutants,
    tried: rows.length,
    detected,
    equivalent,
    survived: count("survived", "uncovered"),
    score,
    score_ci_lo: low,
    score_ci_hi: high,
    score_without_equivalent: detected / Math.max(1, rows.length - equivalent),
  };
}

/**
 * Returns the 95 % interval of a share, `hits` of `count`, by Clopper and Pearson: outside its ends
 * a result as far from them has a probability of at most 2.5 % on each side.
 */
export function shareInterval(hits: number, count: number): [low: number, high: number] {
  const low = hits === 0 ? 0 : jstat.ibetainv(0.025, hits, count - hits + 1);
  const high = hits === count ? 1 : jstat.ibetainv(0.975, hits + 1, count - hits);
  return [low, high];
}
