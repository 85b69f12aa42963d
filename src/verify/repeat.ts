import type { Law } from "../laws/law.ts";
import type { Subject } from "../subjects/subject.ts";
import { type CaseOptions, type CaseRun, runCases } from "./run-cases.ts";

/** Number of times that a case which broke its law runs again, before it is shrunk. */
const repeats = 5;

type Limits = Pick<CaseOptions, "seed" | "deadline" | "caseTimeoutMs" | "onStart">;

/** Runs one case; if the path leads to none, the run has no case. */
export async function runOneCase(
  law: Law,
  subject: Subject,
  options: Limits & { readonly path: string },
): Promise<CaseRun> {
  const { path } = options;
  return runCases(law, subject, { path, ...limitsOf(options), runs: 1, shrink: false, only: true });
}

/**
 * Repeats the case that broke a law, and shrinks it if it breaks the law every time. Shrinking a
 * case that also passes would follow the chance of the engine. A case without an answer is neither
 * repeated nor shrunk: each repetition would need its whole time limit.
 *
 * @returns the run of the smallest case, and the reason why the engine is not deterministic
 */
export async function repeated(
  law: Law,
  subject: Subject,
  options: Limits & { readonly shrink?: boolean },
  run: CaseRun,
): Promise<{ smallest: CaseRun; reason: string | null }> {
  const { path } = run;
  if (path === null || run.unanswered) return { smallest: run, reason: null };
  const { deadline = Number.POSITIVE_INFINITY, shrink = true } = options;
  let [times, failed] = [1, 1];
  do {
    const again = await runOneCase(law, subject, { ...options, path });
    times++;
    if (again.broken) failed++;
  } while (times <= repeats && performance.now() < deadline);
  const reason = `failed ${failed} of ${times} times: the engine is not deterministic`;
  if (failed < times) return { smallest: run, reason };
  if (!shrink) return { smallest: run, reason: null };
  const smallest = await runCases(law, subject, { path, runs: 1, ...limitsOf(options) });
  if (smallest.broken) return { smallest, reason: null };
  const last = `failed ${failed} of ${times + 1} times: the engine is not deterministic`;
  return { smallest: run, reason: last };
}

function limitsOf({ seed, deadline, caseTimeoutMs, onStart }: Limits): Limits {
  return {
    ...{ seed, ...(deadline && { deadline }), ...(caseTimeoutMs && { caseTimeoutMs }) },
    ...(onStart && { onStart }),
  };
}
