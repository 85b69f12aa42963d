/** The tolerance that a fixture of a subject is recorded with: that of the subject's arithmetic. */
import type { Model } from "../model/model.ts";
import { allowance } from "../tolerance/compare.ts";
import { leastFloor, noiseFloor } from "../tolerance/noise.ts";
import type { SubjectTolerance } from "../tolerance/subject-tolerance.ts";
import type { GoldenCase } from "./format.ts";

/**
 * Returns the largest difference from the subject's logits that is correct in float64, with one
 * digit, rounded up.
 *
 * @param model null if it is unknown: the noise floor is then the smallest possible one
 */
export function logitTolerance(
  { noise, headroom, accurate, overridden }: SubjectTolerance,
  model: Model | null,
  cases: readonly GoldenCase[],
): number {
  const isMeasured = noise !== null && !overridden;
  if (isMeasured && model !== null) return roundedUp(headroom * noiseFloor(model, noise));
  const rows = cases.flatMap(({ logits }) => logits);
  const largest = rows.reduce((most, row) => Math.max(most, ...row.map(Math.abs)), 0);
  if (isMeasured) return roundedUp(headroom * leastFloor(noise, largest));
  return roundedUp(allowance([largest], accurate));
}

/** As {@link logitTolerance}, for the log-probabilities of a server. */
export function completionTolerance({ accurate }: SubjectTolerance): number {
  return allowance([1], accurate);
}

/** The number with one digit that is at least `value`. */
function roundedUp(value: number): number {
  if (value === 0) return 0;
  const unit = 10 ** Math.floor(Math.log10(value));
  return Number((Math.ceil(value / unit) * unit).toPrecision(1));
}
