/** Allowed errors of what is computed from a row of logits, from the allowed error of the row. */
import { errorsOfChoice, errorsOfLogProb } from "./arithmetics.ts";
import { allowance, type Tolerance } from "./compare.ts";

/** Returns the allowed error of a log-probability of this row, its own rounding not included. */
export function logProbAllowance(row: ArrayLike<number>, tolerance: Tolerance): number {
  return errorsOfLogProb * allowance(row, tolerance);
}

/**
 * Returns the largest difference of two logits of this row, after penalties, at which a greedy
 * choice between them is free.
 */
export function choiceAllowance(row: ArrayLike<number>, tolerance: Tolerance): number {
  return errorsOfChoice * allowance(row, tolerance);
}
