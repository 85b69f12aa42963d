import type { Law } from "../laws/law.ts";
import type { Canary } from "../laws/support/canary.ts";
import type { Subject } from "../subjects/subject.ts";
import { viewOf } from "../subjects/views.ts";
import { type RunOptions, runLaw, type Status, type Verdict } from "./run-law.ts";

/** A law that kept quiet about a planted violation on this very subject. */
export interface Blindness {
  readonly law: Law;
  readonly canary: Canary;
}

export interface Report {
  readonly verdicts: readonly Verdict[];
  /** Laws whose canary lived: what they say of this subject means nothing. */
  readonly blind: readonly Blindness[];
}

export interface VerifyOptions extends Omit<RunOptions, "onCase"> {
  /** Called before each law, and after each of its cases. */
  readonly onLaw?: (law: Law) => void;
  readonly onCase?: () => void;
  /** Called as soon as a law's verdict is known. */
  readonly onVerdict?: (verdict: Verdict) => void;
}

/** A canary that lives for this many cases is not seen. */
const canaryRuns = 300;

/**
 * Tries laws on a subject. Each law that the subject can be asked first has to catch its canary
 * there: a law that cannot see a planted violation is blind, and is reported as that.
 */
export async function verify(
  subject: Subject,
  laws: readonly Law[],
  options: VerifyOptions,
): Promise<Report> {
  const { onLaw, onVerdict, ...run } = options;
  const verdicts: Verdict[] = [];
  const blind: Blindness[] = [];
  for (const law of laws) {
    onLaw?.(law);
    const verdict = await runLaw(law, subject, run);
    verdicts.push(verdict);
    onVerdict?.(verdict);
    const view = viewOf(subject, law.kind);
    if (verdict.status !== "kept" || view === null) continue;
    for (const canary of law.canaries) {
      const runs = Math.min(canaryRuns, verdict.cases);
      const seen = await runLaw(law, canary.inject(view), { seed: run.seed, runs });
      if (seen.status !== "broken") blind.push({ law, canary });
    }
  }
  return { verdicts, blind };
}

const harmless: ReadonlySet<Status> = new Set(["kept", "not offered", "known failure"]);

/** Whether nothing was found: no law is broken, vacuous or blind, and no known failure is gone. */
export function isClean({ verdicts, blind }: Report): boolean {
  return blind.length === 0 && verdicts.every(({ status }) => harmless.has(status));
}
