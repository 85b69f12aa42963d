import type { Verdict } from "../verify/run-law.ts";

/** A verdict that is not "kept", in full: the smallest case, what went wrong, and how to replay it. */
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
