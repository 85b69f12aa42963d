import type { Law } from "../laws/law.ts";
import type { Subject } from "../subject.ts";
import type { RunOptions } from "../verify/run-law.ts";
import { type Report, verify } from "../verify/verify.ts";
import { startProgress } from "./progress.ts";

/** {@link verify} with a bar that shows the law at work and the time left. */
export async function runLaws(
  subject: Subject,
  laws: readonly Law[],
  options: Omit<RunOptions, "onCase">,
): Promise<Report> {
  const progress = startProgress("", laws.length * options.runs);
  try {
    return await verify(subject, laws, {
      ...options,
      onLaw: (law) => progress.label(law.code),
      onCase: () => progress.step(),
    });
  } finally {
    progress.stop();
  }
}
