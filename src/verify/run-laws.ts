import { startProgress } from "../io/progress.ts";
import { type Law, missingNeeds } from "../laws/law.ts";
import type { Subject } from "../subjects/subject.ts";
import { casesToTry, type RunOptions, type Status } from "./run-law.ts";
import { describeVerdict } from "./verdicts.ts";
import { type Report, verify } from "./verify.ts";

const quiet: ReadonlySet<Status> = new Set(["kept", "not offered"]);

/**
 * {@link verify} with a bar that shows the law at work and the time left. What breaks a law is said
 * at once, in full.
 */
export async function runLaws(
  subject: Subject,
  laws: readonly Law[],
  options: Omit<RunOptions, "onCase">,
): Promise<Report> {
  const offered = laws.filter((law) => missingNeeds(law, subject).length === 0);
  const total = offered.reduce((sum, law) => sum + casesToTry(law, options.runs), 0);
  const progress = startProgress("", total);
  try {
    return await verify(subject, laws, {
      ...options,
      onLaw: (law) => progress.label(law.id),
      onCase: () => progress.step(),
      onVerdict: (verdict) => {
        if (quiet.has(verdict.status)) return;
        progress.pause();
        console.log(`${describeVerdict(verdict)}\n`);
        progress.resume();
      },
    });
  } finally {
    progress.stop();
  }
}
