import type { Logits } from "../../math/logits.ts";
import {
  describeDifference,
  type LogitDifference,
  type Tolerance,
} from "../../tolerance/compare.ts";
import { observedDifference } from "../../tolerance/observe.ts";

/** Thrown by the check of a law that a case breaks. The message has result and expectation. */
export class LawBroken extends Error {
  /** The wrong logit; null if the law compares no logits. */
  readonly difference: LogitDifference | null;
  /** The tokens before the wrong logits; null if the law compares several rows. */
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
 * Expects rows of logits to be equal within a tolerance.
 *
 * @param what name of the rows in the message
 * @param start position of the first row
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

/** @throws {LawBroken} with the message if `holds` is false */
export function expectThat(holds: boolean, message: string): asserts holds {
  if (!holds) throw new LawBroken(message);
}

/**
 * As {@link expectLogits}, for the one row of logits after the last of the tokens. The runner adds
 * the noise of the subject's arithmetic over these tokens before it reports a failure.
 */
export function expectNextLogits(
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
