import type { Law } from "../laws/law.ts";
import type { Subject } from "../subjects/subject.ts";
import type { CaseStart } from "./case-start.ts";
import { type CaseOptions, runCases } from "./run-cases.ts";
import type { LawVerdict } from "./run-law.ts";

/** Maximum number of cases in which a canary must be detected. Most need fewer than 20. */
const canaryRuns = 2000;

/** A canary that too few cases missed gets this many times as many, up to a number of cases. */
const more = { times: 10, most: 200 };

/** The number of cases to suggest after a shorter run: every canary here needs far fewer. */
const suggestedRuns = 1000;

/** Advice for a run that the clock stopped. */
export const moreTime = "raise --time, or run fewer laws with --law";

/** The verdict of the canaries, and the number of cases in which all of them were detected. */
interface Judged extends Pick<LawVerdict, "reason"> {
  readonly status: "kept" | "unproven" | "out of time";
  readonly needed: number;
}

/** Returns the verdict on a law without a failure, which its canaries decide. */
export async function canaryVerdict(
  law: Law,
  subject: Subject,
  cases: number,
  options: CaseOptions,
): Promise<Judged> {
  // Laws from outside need not be type-checked.
  const canaries: Partial<Law>["canaries"] = law.canaries;
  if (canaries === undefined || canaries.length === 0) {
    const must = "a law must have a canary, got none; add one to its `canaries`";
    return { status: "unproven", reason: `${law.id} is unproven: ${must}`, needed: 0 };
  }
  const runs = Math.min(canaryRuns, Math.max(cases, Math.min(more.most, more.times * cases)));
  let needed = 0;
  const { seed, deadline, caseTimeoutMs, onStart } = options;
  const limits = {
    ...{ ...(deadline && { deadline }), ...(caseTimeoutMs && { caseTimeoutMs }) },
    ...(onStart && { onStart: (start: CaseStart) => onStart({ ...start, role: "canary" }) }),
  };
  for (const { bug, inject } of canaries) {
    const run = await runCases(law, inject(subject), { seed, runs, shrink: false, ...limits });
    if (run.broken) {
      needed = Math.max(needed, run.cases);
      continue;
    }
    const added = run.cases > cases ? `, ${run.cases - cases} of them added for it` : "";
    const missed = `the planted violation "${bug}" was not detected in ${run.cases} cases${added}`;
    if (run.stopped) {
      const reason = `${law.id} is out of time: ${missed}; ${moreTime}`;
      return { status: "out of time", reason, needed };
    }
    const fix = runs < suggestedRuns ? `; try --runs ${suggestedRuns}` : "";
    const reason = `${law.id} is unproven on this engine: ${missed}${fix}`;
    return { status: "unproven", reason, needed };
  }
  return { status: "kept", reason: null, needed };
}
