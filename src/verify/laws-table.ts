/** laws.csv: the verdicts of a run. Apart from their texts, whose types do without its schema. */

import {
  defineTable,
  integer,
  number,
  oneOf,
  orBlank,
  type RowOf,
  schemaVersion,
  text,
  version,
} from "../io/table.ts";
import { lawStatuses } from "./run-law.ts";
import { toleranceSources } from "./tolerance-share.ts";
import { casesPerSecond, largeCases, replayLine } from "./verdicts.ts";
import type { Report } from "./verify.ts";

export const lawsTable = defineTable({
  file: "laws.csv",
  command: "npx causalgate gate",
  about: "The result of running one law on one subject.",
  columns: {
    schema_version: version,
    run_id: text("start of the run in UTC, its name in run.json"),
    subject: text("name of the implementation under test"),
    law: text("id of the law"),
    chapter: orBlank(text("group of related laws; blank for a law from outside")),
    name: text("name of the law in words"),
    statement: text("statement of the law"),
    catches: text("bugs that break the law"),
    status: oneOf(lawStatuses, "result of the law"),
    reason: orBlank(
      text("reason why the law is unproven, out of time, not deterministic or an error"),
    ),
    seed: integer("seed of the cases"),
    cases: integer("cases tried, without the large ones"),
    large_cases: integer("cases that were large in one dimension"),
    reached: integer("cases that met the precondition"),
    precondition: text("condition under which a case can break the law"),
    floor: number("smallest share of cases that must meet the precondition"),
    time_ms: integer("time of all cases in milliseconds, with the large ones"),
    cases_per_s: orBlank(integer("cases per second, with the large ones")),
    worst_error: orBlank(number("error of the logits that came nearest to their tolerance")),
    worst_allowed: orBlank(number("their tolerance")),
    tolerance_share: orBlank(
      number("tolerance as a share of the spread of the logits, the median over rows"),
    ),
    tolerance_from: orBlank(oneOf(toleranceSources, "source of the tolerance")),
    error: orBlank(text("message of the smallest case that breaks the law")),
    replay: orBlank(text("argument of --replay that runs that case again")),
  },
});

/** Returns one row of laws.csv for every verdict. */
export function lawRows(runId: string, { verdicts }: Report): RowOf<typeof lawsTable>[] {
  return verdicts.map((verdict) => {
    const { law, status, reason, cases, timeMs, failure } = verdict;
    const rate = cases === 0 ? null : casesPerSecond(verdict);
    return {
      schema_version: schemaVersion,
      run_id: runId,
      subject: verdict.subject,
      law: law.id,
      chapter: law.chapter ?? null,
      name: law.name,
      statement: law.statement,
      catches: law.catches,
      status,
      reason,
      seed: verdict.seed,
      cases,
      large_cases: largeCases(verdict),
      reached: verdict.reached,
      precondition: law.precondition.name,
      floor: law.precondition.floor,
      time_ms: Math.round(timeMs),
      cases_per_s: rate,
      worst_error: verdict.worst?.error ?? null,
      worst_allowed: verdict.worst?.allowed ?? null,
      tolerance_share: verdict.toleranceShare,
      tolerance_from: verdict.tolerance,
      error: failure?.message ?? null,
      replay: failure === null ? null : replayLine(verdict),
    };
  });
}
