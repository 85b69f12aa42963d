/** The results of recording and of comparing as text and as data. */
import { join } from "node:path";
import type { SubjectVerdict } from "./check-subject.ts";
import { differencesText } from "./differences.ts";
import { type FixtureBody, rowCountOf, vocabSizeOf } from "./format.ts";
import type { GoldenOutcome } from "./record.ts";

/** Returns a table of all differences, if there are any, and one line for each fixture. */
export function outcomesText(
  outcomes: readonly GoldenOutcome[],
  folder: string,
  update: boolean,
): string {
  const differences = outcomes.flatMap((one) => one.differences);
  const differs = outcomes.some(({ status }) => status === "changed" || status === "rounding");
  const isRefused = outcomes.some(({ draft }) => draft.problem !== null);
  return [
    ...(differences.length === 0 ? [] : [differencesText(differences)]),
    ...outcomes.map((outcome) => outcomeText(outcome, folder, update)),
    ...(update || !differs || isRefused
      ? []
      : ["what differs was left as it was: --update overwrites it"]),
  ].join("\n");
}

/** Returns one value for each recorded fixture, with the differences from the one before it. */
export function outcomesJson(outcomes: readonly GoldenOutcome[]) {
  return outcomes.map(({ draft, status, differences }) => ({
    fixture: draft.name,
    kind: draft.kind,
    by: draft.manifest.by,
    status,
    tolerance: draft.manifest.tolerance,
    problem: draft.problem,
    differences,
  }));
}

function outcomeText({ draft, status }: GoldenOutcome, folder: string, update: boolean): string {
  const { tolerance, largestDifference } = draft.manifest;
  const off = largestDifference === undefined ? "" : `, ${largestDifference} off the definition`;
  const done = {
    new: "new",
    unchanged: "unchanged",
    rounding: update ? "within its tolerance, updated" : "within its tolerance, kept",
    changed: update ? "CHANGED, updated" : "CHANGED, kept",
  };
  const result = draft.problem === null ? done[status] : "NOT WRITTEN";
  const problem = draft.problem === null ? "" : `\n  ${draft.problem}`;
  const path = `${join(folder, draft.name)}: ${sizeOf(draft)}`;
  return `${path}, tolerance ${tolerance}${off}: ${result}${problem}`;
}

/** Returns one line for a fixture, and a second one if the engine differs from it. */
export function verdictText({ fixture, verdict, notOffered }: SubjectVerdict): string {
  const who = `${fixture.name}: ${sizeOf(fixture)} by ${fixture.manifest.by}`;
  if (verdict === null) return `${who}: not offered: ${notOffered}`;
  const { largestError, tolerance, difference } = verdict;
  const allowed = Number(tolerance.toPrecision(2));
  const line = `${who}, largest error ${largestError.toExponential(1)}, ${allowed} allowed`;
  return difference === null ? line : `${line}\n  BROKEN ${difference}`;
}

/** Returns one value for each fixture, with the status as in goldens.csv, or "not offered". */
export function verdictsJson(verdicts: readonly SubjectVerdict[]) {
  return verdicts.map(({ fixture, verdict, notOffered }) => ({
    fixture: fixture.name,
    by: fixture.manifest.by,
    rows: rowCountOf(fixture),
    vocab: vocabSizeOf(fixture),
    status: verdict === null ? "not offered" : verdict.difference === null ? "kept" : "broken",
    largest_error: verdict?.largestError ?? null,
    tolerance: verdict?.tolerance ?? null,
    problem: verdict === null ? notOffered : verdict.difference,
  }));
}

/** `28 x 29 logits`, or `24 of 29 tokens` of a server. */
function sizeOf(fixture: FixtureBody): string {
  const [rows, vocab] = [rowCountOf(fixture), vocabSizeOf(fixture)];
  if (fixture.kind === "choice") {
    const functions = new Set(fixture.cases.map((one) => one.function)).size;
    return `${rows} calls of ${functions} ${functions === 1 ? "function" : "functions"}`;
  }
  return fixture.kind === "completions"
    ? `${rows} new tokens of ${vocab}`
    : `${rows} x ${vocab} logits`;
}
