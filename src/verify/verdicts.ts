import type { LargeSize } from "../arbitraries/sizes.ts";
import { grouped, textTable } from "../io/text-table.ts";
import { laws } from "../laws/index.ts";
import type { LawVerdict } from "./run-law.ts";
import { shareText } from "./tolerance-share.ts";
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
    ["found", status === "error" ? null : failure.message],
    ["thrown", firstFrame(failure.stack)],
    ["first at", failure.where],
    ["largest", failure.largestError === null ? null : `error ${failure.largestError}`],
    ["size", failure.size && sizeText(failure.size, failure.shrinks)],
    [reason === null ? "smallest" : "case", failure.smallest && caseCall(verdict)],
    ["replay", replay],
  ].flatMap(([name, text]) => (text === null ? [] : [`  ${name?.padEnd(10)}${text}`]));
  const how = reason ?? `shrunk ${failure.shrinks} times`;
  const by = ["not deterministic", "error"].includes(status) ? `${status} on` : `${status} by`;
  const which = failure.size === null ? `case ${cases}` : `large case ${largeCases(verdict)}`;
  const title = `${law.id}: ${by} ${subject}, ${which}, ${how}`;
  return [title, ...lines].join("\n");
}

/** `65 tokens, the fewest that break it` */
function sizeText({ dimension, size }: LargeSize, shrinks: number): string {
  const smallest = shrinks > 0 ? ", the smallest found that breaks the law" : "";
  return `${dimension} ${grouped(size)}${smallest}`;
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

/** Returns the call that checks the case of a failure again, to paste into a test. */
function caseCall({ law, failure }: LawVerdict): string {
  const one = laws.includes(law) ? `lawById("${law.id}")` : "law";
  return `await checkCase(${one}, subject, ${failure?.smallest})`;
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
    verdict.large.length === 0 ? "" : grouped(largeCases(verdict)),
    verdict.cases === 0 ? "" : `${Math.round((100 * verdict.reached) / verdict.cases)} %`,
    errorText(verdict),
    toleranceText(verdict),
    verdict.cases === 0 ? "" : grouped(casesPerSecond(verdict)),
  ]);
  const needs = missing.map(({ law, missing }) => `${law.id} (${missing.join(", ")})`);
  const notOffered =
    needs.length === 0 ? [] : [`Not offered, ${needs.length}: ${needs.join("; ")}`];
  const reasons = tested.flatMap(({ reason, failure }) =>
    reason === null || failure !== null ? [] : [reason],
  );
  const head = [
    "law",
    "verdict",
    "cases",
    "large",
    "reached",
    "worst error",
    "tolerance",
    "cases/s",
  ];
  const table = rows.length === 0 ? "No law was tested" : textTable(head, rows);
  return [table, ...reasons, ...notOffered].join("\n");
}

export function casesPerSecond(verdict: LawVerdict): number {
  return Math.round((1000 * (verdict.cases + largeCases(verdict))) / verdict.timeMs);
}

/** Number of large cases in all dimensions. */
export function largeCases({ large }: Pick<LawVerdict, "large">): number {
  return large.reduce((sum, { cases }) => sum + cases, 0);
}

/** The tolerance as a share of the spread of the logits, marked if the subject overrides it. */
function toleranceText({ toleranceShare, tolerance }: LawVerdict): string {
  const share = toleranceShare === null ? [] : [shareText(toleranceShare)];
  return [...share, ...(tolerance === "overridden" ? [tolerance] : [])].join(", ");
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
