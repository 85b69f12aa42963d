import type { Logits } from "../../math/logits.ts";
import type { Model } from "../../model/model.ts";
import type { LogitsSubject } from "../../subjects/subject.ts";
import { allowance } from "../../tolerance/compare.ts";
import { withMeasuredTolerance } from "../../tolerance/measured.ts";

/** A violation where the tolerance is smaller: far above the rounding of float64. */
const leastStep = 2 ** -20;

/** Number of allowed errors in a violation: noise measured over the tokens at hand is added. */
const allowancesInStep = 8;

/** Returns a row with a number of violations added: each is outside the subject's tolerance. */
export type Violate = (row: Logits, count: number) => Logits;

/**
 * Returns the function with which a canary violates equality of logits on this subject, with each
 * other and with the definition.
 *
 * @param model the model of the decoder; null if it is unknown
 */
export function violationOn(subject: LogitsSubject, model: Model | null): Violate {
  return (row, count) => {
    if (count === 0) return row;
    const { repeatable, accurate } =
      model === null ? subject : withMeasuredTolerance(subject, model);
    const allowed = Math.max(allowance(row, repeatable), allowance(row, accurate));
    const step = Math.max(leastStep, allowancesInStep * allowed);
    return row.map((logit) => logit + count * step);
  };
}
