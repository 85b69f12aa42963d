import type { Law } from "../laws/law.ts";
import { moreTime } from "./canary-verdict.ts";
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
    ...{ toleranceShare: null, tolerance: null },
  };
}

interface Loaded {
  readonly name: string;
  readonly origin: string;
  readonly missing: readonly { readonly law: string; readonly needs: readonly string[] }[];
}

/**
 * Returns the verdict of a law that was not run, as the engine did not answer earlier ones.
 *
 * @param isLate true if the time of the run is over
 */
export function notRunVerdict(
  law: Law,
  { name, origin, missing }: Loaded,
  seed: number,
  isLate: boolean,
): LawVerdict {
  const needs = missing.find(({ law: id }) => id === law.id)?.needs;
  const why = isLate
    ? `${law.id} is out of time: the engine did not answer an earlier law; ${moreTime}`
    : `${law.id} was not run: the engine did not answer the laws before it`;
  const verdict = errorVerdict(law, name, { seed, origin }, why);
  if (needs !== undefined)
    return { ...verdict, status: "not offered", reason: null, missing: needs };
  return isLate ? { ...verdict, status: "out of time" } : verdict;
}
