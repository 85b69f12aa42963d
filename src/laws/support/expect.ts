import type { Logits } from "../../math/logits.ts";
import {
  describeDifference,
  type LogitDifference,
  type Tolerance,
} from "../../tolerance/compare.ts";
import { observedDifference } from "../../tolerance/observe.ts";

/** Thrown by a check: what was found, and what should have been. */
export class LawBroken extends Error {
  /** The logit that is wrong, where the law compares logits. */
  readonly difference: LogitDifference | null;
  /** The tokens that the wrong row follows, where one row is compared. */
  readonly tokens: readonly number[] | null;

  constructor(
    message: string,
    difference: LogitDifference | null = null,
    tokens: readonly number[] | null = null,
  ) {
    super(message);
    this.difference = difference;
    this.tokens = tokens;
  }
}

/**
 * @param start the position of the first row
 * @throws {LawBroken} naming the first logit that is outside the tolerance
 */
export function expectLogits(
  what: string,
  actual: readonly Logits[],
  expected: readonly ArrayLike<number>[],
  tolerance: Tolerance,
  start = 0,
): void {
  const difference = observedDifference(actual, expected, tolerance, start);
  if (difference !== null) {
    throw new LawBroken(describeDifference(difference, what), difference);
  }
}

/** @throws {LawBroken} with the message, unless `holds` */
export function expect(holds: boolean, message: string): asserts holds {
  if (!holds) throw new LawBroken(message);
}

/** As {@link expectLogits}, for the one row that follows the last of the tokens. */
export function expectLast(
  what: string,
  tokens: readonly number[],
  actual: Logits,
  expected: ArrayLike<number>,
  tolerance: Tolerance,
): void {
  const where = `${what}${what === "" ? "" : ", "}after [${tokens}]`;
  const difference = observedDifference([actual], [expected], tolerance, tokens.length - 1);
  if (difference !== null) {
    throw new LawBroken(describeDifference(difference, where), difference, tokens);
  }
}
