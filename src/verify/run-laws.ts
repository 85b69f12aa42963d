import { startProgress } from "../io/progress.ts";
import { type Law, missingNeeds } from "../laws/law.ts";
import type { Subject } from "../subjects/subject.ts";
import { casesToRun, type LawStatus, type RunOptions } from "./run-law.ts";
import { describeVerdict } from "./verdicts.ts";
import { type Report, verify } from "./verify.ts";

const quiet: ReadonlySet<LawStatus> = new Set(["kept", "unproven", "not offered"]);

/**
 * Runs {@link verify} with a progress bar that shows the current law and the time left. A failure
 * is printed at once, in full.
 *
 * @param print prints a failure
 */
export async function runLaws(
  subject: Subject,
  laws: readonly Law[],
  options: Omit<RunOptions, "onCase">,
  print: (text: string) => void = console.log,
): Promise<Report> {
  const offered = laws.filter((law) => missingNeeds(law, subject).length === 0);
  const total = offered.reduce((sum, law) => sum + casesToRun(law, options.runs), 0);
  const progress = startProgress("", total);
  try {
    return await verify(subject, laws, {
      ...options,
      onLaw: (law) => progress.label(law.id),
      onCase: () => progress.step(),
      onVerdict: (verdict) => {
        if (quiet.has(verdict.status)) return;
        progress.pause();
        print(`${describeVerdict(verdict)}\n`);
        progress.resume();
      },
    });
  } finally {
    progress.stop();
  }
}
