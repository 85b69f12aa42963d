/** The tolerance of a law as a share of the spread of the logits that it compared. */
import type { Law } from "../laws/law.ts";
import type { Subject } from "../subjects/subject.ts";
import { mostToleranceShare } from "../tolerance/arithmetics.ts";

/** The source of a law's tolerance. */
export const toleranceSources = ["of the arithmetic", "overridden"] as const;
export type ToleranceSource = (typeof toleranceSources)[number];

/** Returns the source of the tolerance; null for laws of samplers, which compare no logits. */
export function toleranceSource(law: Law, subject: Subject): ToleranceSource | null {
  if (law.kind === "choice" || subject.kind === "choice") return null;
  return subject.overridden ? "overridden" : "of the arithmetic";
}

/** Returns the median; null of no numbers. */
export function median(values: readonly number[]): number | null {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? null;
}

/** Returns a share of the spread as `0.013 %`, with two significant digits. */
export function shareText(share: number): string {
  return `${Number((100 * share).toPrecision(2))} %`;
}

/** Returns the reason why a law with this tolerance proves nothing; null if it does. */
export function tooWide({ id }: Law, shares: readonly number[]): string | null {
  const share = median(shares);
  if (share === null || share <= mostToleranceShare) return null;
  const most = shareText(mostToleranceShare);
  const must = `its tolerance must be at most ${most} of the spread of the logits`;
  const got = `got ${shareText(share)}, the median of ${shares.length} rows`;
  const fix = "an engine that repeats its bits can declare `bitwise`, or a smaller `tolerance`";
  return `${id} is unproven on this engine: ${must}, ${got}; ${fix}`;
}
