import type { Law } from "../laws/law.ts";
import type { LawVerdict, RunOptions } from "./run-law.ts";

/** Returns the verdict of a law that ended with an error. */
export function errorVerdict(
  law: Law,
  subject: string,
  { seed, origin = `--subject ${subject}` }: Pick<RunOptions, "seed" | "origin">,
  reason: string,
): LawVerdict {
  return {
    ...{ law, subject, origin, seed, status: "error", reason, failure: null, missing: [] },
    ...{ cases: 0, reached: 0, timeMs: 0, worst: null, large: [] },
  };
}
