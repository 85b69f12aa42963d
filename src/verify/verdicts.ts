import {
  boolean,
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
import { statuses, type Verdict } from "./run-law.ts";
import type { Report } from "./verify.ts";

/** A verdict that is not "kept", in full: what is wrong, the smallest case, and its replay. */
export function describeVerdict(verdict: Verdict): string {
  const { law, subject, status, cases, reached, failure, missing } = verdict;
  const title = `${law.id} ${law.name}: ${status} by ${subject}`;
  if (status === "not offered") return `${law.id}: not offered: ${missing.join(", ")}`;
  if (status === "now kept") {
    return `${title}: declared a known failure, but no case of ${cases} broke it`;
  }
  if (failure === null) {
    const { name, floor } = law.precondition;
    const wanted = `${floor * 100} % of cases must meet "${name}"`;
    return `${title}\n  ${wanted}, got ${reached} of ${cases}`;
  }
  const lines = [
    ["law", law.statement],
    ["catches", law.catches],
    ["found", failure.message],
    ["first at", failure.where],
    ["largest", failure.largestError === null ? null : `error ${failure.largestError}`],
    ["smallest", failure.smallest],
    ["replay", replayCommand(verdict)],
  ].flatMap(([what, text]) => (text === null ? [] : [`  ${what?.padEnd(10)}${text}`]));
  return [`${title}, case ${cases}, shrunk ${failure.shrinks} times`, ...lines].join("\n");
}

/** `cache-equality/42/3:0:1`: law, seed and path to the smallest case of a failure. */
export function replayLine({ law, seed, failure }: Verdict): string {
  return `${law.id}/${seed}/${failure?.path}`;
}

function replayCommand(verdict: Verdict): string {
  return `npx causalgate verify ${verdict.origin} --replay ${replayLine(verdict)}`;
}

/** Every verdict as a table, a line each, then what was not offered and which laws are blind. */
export function reportText({ verdicts, blind }: Report): string {
  const codeWidth = Math.max(...verdicts.map(({ law }) => law.id.length));
  const rows = verdicts.map(({ law, status, cases, reached, timeMs, worst }) => [
    `${law.id.padEnd(codeWidth)}  ${law.name}`,
    status,
    grouped(cases),
    cases === 0 ? "" : `${Math.round((100 * reached) / cases)} %`,
    worst === null ? "" : `${worst.error.toExponential(0)} of ${worst.allowed.toExponential(0)}`,
    cases === 0 ? "" : grouped(Math.round((1000 * cases) / timeMs)),
  ]);
  const missing = verdicts.filter(({ status }) => status === "not offered");
  const lacks = missing.map(({ law, missing }) => `${law.id} (${missing.join(", ")})`);
  const notOffered = lacks.length === 0 ? [] : [`Not offered: ${lacks.join("; ")}`];
  const blindness = blind.map(({ law, canary }) => {
    return `${law.id} is blind here: it did not see the planted "${canary.bug}"`;
  });
  const head = ["law", "verdict", "cases", "reached", "worst error", "cases/s"];
  return [textTable(head, rows), ...notOffered, ...blindness].join("\n");
}

/** A report as data, for programs: what the tables say, unrounded. */
export function reportJson({ verdicts, blind }: Report): unknown {
  return verdicts.map(({ law, ...verdict }) => ({
    law: law.id,
    ...verdict,
    replay: verdict.failure === null ? null : replayLine({ law, ...verdict }),
    blind: blind.filter((one) => one.law === law).map(({ canary }) => canary.bug),
  }));
}

export const lawsTable = defineTable({
  file: "laws.csv",
  command: "npm start",
  about: "The result of running one law on one subject.",
  columns: {
    schema_version: version,
    run_id: text("start of the run in UTC, its name in run.json"),
    subject: text("name of the implementation under test"),
    law: text("id of the law"),
    name: text("name of the law in words"),
    statement: text("statement of the law"),
    catches: text("bugs that break the law"),
    status: oneOf(statuses, "result of the law"),
    seed: integer("seed of the cases"),
    cases: integer("cases tried"),
    reached: integer("cases that met the precondition"),
    precondition: text("condition under which a case can break the law"),
    floor: number("smallest share of cases that must meet the precondition"),
    time_ms: integer("time of all cases in milliseconds"),
    cases_per_s: orBlank(integer("cases per second")),
    canary_seen: orBlank(boolean("whether the law detected its planted violation, if it is kept")),
    worst_error: orBlank(number("error of the logits that came nearest to their tolerance")),
    worst_allowed: orBlank(number("their tolerance")),
    error: orBlank(text("message of the smallest case that breaks the law")),
    replay: orBlank(text("argument of --replay that runs that case again")),
  },
});

/** Returns one row of laws.csv for every verdict. */
export function lawRows(runId: string, { verdicts, blind }: Report): RowOf<typeof lawsTable>[] {
  return verdicts.map((verdict) => {
    const { law, status, cases, timeMs, failure } = verdict;
    const rate = cases === 0 ? null : Math.round((1000 * cases) / timeMs);
    return {
      schema_version: schemaVersion,
      run_id: runId,
      subject: verdict.subject,
      law: law.id,
      name: law.name,
      statement: law.statement,
      catches: law.catches,
      status,
      seed: verdict.seed,
      cases,
      reached: verdict.reached,
      precondition: law.precondition.name,
      floor: law.precondition.floor,
      time_ms: Math.round(timeMs),
      cases_per_s: rate,
      canary_seen: status === "kept" ? !blind.some((one) => one.law === law) : null,
      worst_error: verdict.worst?.error ?? null,
      worst_allowed: verdict.worst?.allowed ?? null,
      error: failure?.message ?? null,
      replay: failure === null ? null : replayLine(verdict),
    };
  });
}
