import { startProgress } from "../io/progress.ts";
import { type Law, missingNeeds } from "../laws/law.ts";
import type { Subject } from "../subjects/subject.ts";
import type { ChildProgram } from "./child-process.ts";
import { type IsolatedOptions, type IsolatedSubject, verifyIsolated } from "./isolated.ts";
import { casesToRun, type LawStatus, type RunOptions } from "./run-law.ts";
import { describeVerdict } from "./verdicts.ts";
import { type Report, type VerifyOptions, verify } from "./verify.ts";

const quiet: ReadonlySet<LawStatus> = new Set(["kept", "unproven", "out of time", "not offered"]);

/** A progress bar of laws, and the functions that a run must call for it. */
interface LawProgress extends Required<Pick<VerifyOptions, "onLaw" | "onCase" | "onVerdict">> {
  readonly stop: () => void;
}

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
  const { stop, ...events } = lawProgress(offered, options, print);
  try {
    return await verify(subject, laws, { ...options, ...events });
  } finally {
    stop();
  }
}

/**
 * As {@link runLaws}, with the engine in a child process.
 *
 * @param onSubject called when the engine is loaded
 */
export async function runLawsIsolated(
  program: ChildProgram,
  laws: readonly Law[],
  options: IsolatedOptions,
  onSubject: (subject: IsolatedSubject) => void,
  print: (text: string) => void,
): Promise<Report> {
  let progress: LawProgress | null = null;
  try {
    return await verifyIsolated(program, laws, options, {
      onSubject: (subject) => {
        onSubject(subject);
        const lacking = new Set(subject.missing.map(({ law }) => law));
        const offered = laws.filter(({ id }) => !lacking.has(id));
        progress = lawProgress(offered, options, print);
      },
      onLaw: (law) => progress?.onLaw(law),
      onCase: () => progress?.onCase(),
      onVerdict: (verdict) => progress?.onVerdict(verdict),
    });
  } finally {
    (progress as LawProgress | null)?.stop();
  }
}

/** Starts the progress bar of the laws that apply. */
function lawProgress(
  offered: readonly Law[],
  { runs, timeLimitMs }: Pick<RunOptions, "runs" | "timeLimitMs">,
  print: (text: string) => void,
): LawProgress {
  const total = offered.reduce((sum, law) => sum + casesToRun(law, runs), 0);
  const progress = startProgress("", timeLimitMs ?? total);
  let shown = performance.now();
  const stepInTime = () => {
    const now = performance.now();
    progress.step(now - shown);
    shown = now;
  };
  return {
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
    stop: () => progress.stop(),
  };
}
