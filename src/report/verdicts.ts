import type { Verdict } from "../verify/run-law.ts";
import type { Report } from "../verify/verify.ts";
import { grouped, textTable } from "./text-table.ts";

/**
 * A verdict that is not "kept", in full: the smallest case, what went wrong, and how to replay it.
 */
export function describeVerdict(verdict: Verdict): string {
  const { law, subject, status, cases, reached, failure, missing } = verdict;
  const title = `${law.code} ${law.name}: ${status} by ${subject}`;
  if (status === "not offered") return `${law.code}: not offered: ${missing.join(", ")}`;
  if (failure === null) {
    const { name, floor } = law.precondition;
    const wanted = `${floor * 100} % of cases must meet "${name}"`;
    return `${title}\n  ${wanted}, got ${reached} of ${cases}`;
  }
  return [
    `${title}, case ${cases}, shrunk ${failure.shrinks} times`,
    `  law       ${law.statement}`,
    `  catches   ${law.catches}`,
    `  found     ${failure.message}`,
    `  smallest  ${failure.smallest}`,
    `  replay    ${replayLine(verdict)}`,
  ].join("\n");
}

/** The command that replays the smallest case of a failure. */
export function replayLine({ law, subject, seed, failure }: Verdict): string {
  const command = `npx causalgate verify --subject ${subject} --law ${law.code}`;
  return `${command} --seed ${seed} --path ${failure?.path}`;
}

/** Every verdict as a table, a line each, then what is not "kept" in full. */
export function reportText({ verdicts, blind }: Report): string {
  const rows = verdicts.map(({ law, status, cases, reached, timeMs }) => [
    `${law.code.padEnd(13)}${law.name}`,
    status,
    grouped(cases),
    cases === 0 ? "" : `${Math.round((100 * reached) / cases)} %`,
    cases === 0 ? "" : grouped(Math.round((1000 * cases) / timeMs)),
  ]);
  const found = verdicts.filter(({ status }) => status !== "kept");
  const blindness = blind.map(({ law, canary }) => {
    return `${law.code} is blind here: it did not see the planted "${canary.bug}"`;
  });
  const table = textTable(["law", "verdict", "cases", "reached", "cases/s"], rows);
  return [table, ...found.map(describeVerdict), ...blindness].join("\n");
}

export const lawColumns = [
  "schema_version",
  "run_id",
  "subject",
  "law",
  "name",
  "status",
  "seed",
  "cases",
  "reached",
  "precondition",
  "floor",
  "time_ms",
  "cases_per_s",
  "canary_seen",
  "error",
  "replay",
] as const;

/** One row of laws.csv for every verdict. */
export function lawCells(runId: string, { verdicts, blind }: Report) {
  return verdicts.map((verdict) => {
    const { law, status, cases, timeMs, failure } = verdict;
    const rate = cases === 0 ? null : Math.round((1000 * cases) / timeMs);
    return {
      schema_version: 1,
      run_id: runId,
      subject: verdict.subject,
      law: law.code,
      name: law.name,
      status,
      seed: verdict.seed,
      cases,
      reached: verdict.reached,
      precondition: law.precondition.name,
      floor: law.precondition.floor,
      time_ms: Math.round(timeMs),
      cases_per_s: rate,
      canary_seen: status === "kept" ? !blind.some((one) => one.law === law) : null,
      error: failure?.message ?? null,
      replay: failure === null ? null : replayLine(verdict),
    };
  });
}
