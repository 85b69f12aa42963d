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
import { grouped, textTable } from "../io/text-table.ts";
import { laws } from "../laws/index.ts";
import { type LawVerdict, lawStatuses } from "./run-law.ts";
import type { Report } from "./verify.ts";

/**
 * Returns a verdict as text: for a broken law the smallest case and the command that replays it.
 *
 * @param replay the command, by default of the command line
 */
export function describeVerdict(verdict: LawVerdict, replay = replayCommand(verdict)): string {
  const { law, subject, status, cases, failure, missing, reason } = verdict;
  if (status === "not offered") return `${law.id}: not offered: ${missing.join(", ")}`;
  if (status === "now kept") {
    const declared = "declared a known failure, but no case";
    return `${law.id}: ${declared} of ${cases} broke it on ${subject}`;
  }
  if (failure === null) return reason ?? `${law.id}: ${status} by ${subject} over ${cases} cases`;
  const lines = [
    ["law", law.statement],
    ["catches", law.catches],
    ["found", failure.message],
    ["thrown", firstFrame(failure.stack)],
    ["first at", failure.where],
    ["largest", failure.largestError === null ? null : `error ${failure.largestError}`],
    [reason === null ? "smallest" : "case", failure.smallest],
    ["replay", replay],
  ].flatMap(([name, text]) => (text === null ? [] : [`  ${name?.padEnd(10)}${text}`]));
  const how = reason ?? `shrunk ${failure.shrinks} times`;
  const by = status === "not deterministic" ? `${status} on` : `${status} by`;
  const title = `${law.id}: ${by} ${subject}, case ${cases}, ${how}`;
  return [title, ...lines].join("\n");
}

/** Returns the place at which an error was created, as in `at step (my-engine.ts:12:7)`. */
function firstFrame(stack: string | null): string | null {
  const frame = stack?.split("\n").find((line) => line.trimStart().startsWith("at "));
  return frame?.trim() ?? null;
}

/** `cache-equality/42/3:0:1`: law, seed and path to the smallest case of a failure. */
export function replayLine({ law, seed, failure }: LawVerdict): string {
  return `${law.id}/${seed}/${failure?.path}`;
}

/** The command that replays a failure; for a law from outside, the call. */
function replayCommand(verdict: LawVerdict): string {
  const { law, seed, failure, origin } = verdict;
  if (laws.includes(law)) {
    return `npx causalgate verify ${origin} --replay ${replayLine(verdict)}`;
  }
  return `replayCase(law, subject, { seed: ${seed}, path: "${failure?.path}" })`;
}

/** Returns a report as a table, followed by the needs not offered and the laws unproven. */
export function reportText({ verdicts }: Report): string {
  const [missing, tested] = [true, false].map((isMissing) =>
    verdicts.filter(({ status }) => (status === "not offered") === isMissing),
  );
  const rows = tested.map((verdict) => [
    verdict.law.id,
    verdict.status,
    grouped(verdict.cases),
    verdict.cases === 0 ? "" : `${Math.round((100 * verdict.reached) / verdict.cases)} %`,
    errorText(verdict),
    verdict.cases === 0 ? "" : grouped(Math.round((1000 * verdict.cases) / verdict.timeMs)),
  ]);
  const needs = missing.map(({ law, missing }) => `${law.id} (${missing.join(", ")})`);
  const notOffered =
    needs.length === 0 ? [] : [`Not offered, ${needs.length}: ${needs.join("; ")}`];
  const reasons = tested.flatMap(({ reason, failure }) =>
    reason === null || failure !== null ? [] : [reason],
  );
  const head = ["law", "verdict", "cases", "reached", "worst error", "cases/s"];
  const table = rows.length === 0 ? "No law was tested" : textTable(head, rows);
  return [table, ...reasons, ...notOffered].join("\n");
}

/** The error that broke the law; else the one that came nearest to its tolerance. */
function errorText({ worst, failure }: LawVerdict): string {
  if (failure !== null) {
    const { largestError } = failure;
    return largestError === null ? "" : `${largestError.toExponential(0)}, too large`;
  }
  if (worst === null) return "";
  return `${worst.error.toExponential(0)} of ${worst.allowed.toExponential(0)}`;
}

/** Returns a report as data for programs, unrounded. */
export function reportJson({ verdicts }: Report): unknown {
  return verdicts.map((verdict) => ({
    ...verdict,
    law: verdict.law.id,
    replay: verdict.failure === null ? null : replayLine(verdict),
  }));
}

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
    reason: orBlank(text("reason why the law is unproven, out of time or not deterministic")),
    seed: integer("seed of the cases"),
    cases: integer("cases tried"),
    reached: integer("cases that met the precondition"),
    precondition: text("condition under which a case can break the law"),
    floor: number("smallest share of cases that must meet the precondition"),
    time_ms: integer("time of all cases in milliseconds"),
    cases_per_s: orBlank(integer("cases per second")),
    worst_error: orBlank(number("error of the logits that came nearest to their tolerance")),
    worst_allowed: orBlank(number("their tolerance")),
    error: orBlank(text("message of the smallest case that breaks the law")),
    replay: orBlank(text("argument of --replay that runs that case again")),
  },
});

/** Returns one row of laws.csv for every verdict. */
export function lawRows(runId: string, { verdicts }: Report): RowOf<typeof lawsTable>[] {
  return verdicts.map((verdict) => {
    const { law, status, reason, cases, timeMs, failure } = verdict;
    const rate = cases === 0 ? null : Math.round((1000 * cases) / timeMs);
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
      reached: verdict.reached,
      precondition: law.precondition.name,
      floor: law.precondition.floor,
      time_ms: Math.round(timeMs),
      cases_per_s: rate,
      worst_error: verdict.worst?.error ?? null,
      worst_allowed: verdict.worst?.allowed ?? null,
      error: failure?.message ?? null,
      replay: failure === null ? null : replayLine(verdict),
    };
  });
}
