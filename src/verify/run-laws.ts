import { startProgress } from "../io/progress.ts";
import { type Law, missingNeeds } from "../laws/law.ts";
import type { Subject } from "../subjects/subject.ts";
import { casesToRun, type LawStatus, type RunOptions } from "./run-law.ts";
import { describeVerdict } from "./verdicts.ts";
import { type Report, verify } from "./verify.ts";

const quiet: ReadonlySet<LawStatus> = new Set(["kept", "unproven", "out of time", "not offered"]);

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
  const { timeLimitMs } = options;
  const progress = startProgress("", timeLimitMs ?? totalCases(subject, laws, options.runs));
  let shown = performance.now();
  const stepInTime = () => {
    const now = performance.now();
    progress.step(now - shown);
    shown = now;
  };
  try {
    return await verify(subject, laws, {
      ...options,
      onLaw: (law) => progress.label(law.id),
      onCase: timeLimitMs === undefined ? () => progress.step() : stepInTime,
      onVerdict: (verdict) => {
        const { status, failure, reason } = verdict;
        // The report ends with the reasons of laws without a failure.
        if (quiet.has(status) || (failure === null && reason !== null)) return;
        progress.pause();
        print(`${describeVerdict(verdict)}\n`);
        progress.resume();
      },
    });
  } finally {
    progress.stop();
  }
}

/** Number of cases of all laws that apply. */
function totalCases(subject: Subject, laws: readonly Law[], runs: number): number {
  const offered = laws.filter((law) => missingNeeds(law, subject).length === 0);
  return offered.reduce((sum, law) => sum + casesToRun(law, runs), 0);
}
