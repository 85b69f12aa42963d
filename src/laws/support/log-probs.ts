import { derivedTolerances } from "../../tolerance/arithmetics.ts";
import type { Tolerance } from "../../tolerance/compare.ts";
import { logProbAllowance } from "../../tolerance/derived.ts";
import { expectThat } from "./expect.ts";

/** `l_v - max - ln sum e^(l - max)` */
function logProbOf(row: ArrayLike<number>, token: number): number {
  const logits = Array.from(row);
  const largest = Math.max(...logits);
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0);
  return row[token] - largest - Math.log(total);
}

/** Compares log-probabilities with those of the rows of logits before each token. */
export function expectLogProbs(
  what: string,
  tokens: readonly number[],
  actual: readonly number[],
  rows: readonly ArrayLike<number>[],
  tolerance: Tolerance,
): void {
  const count = `${what} are ${actual.length} for ${tokens.length} tokens`;
  expectThat(actual.length === tokens.length - 1, count);
  for (const [i, logProb] of actual.entries()) {
    const wanted = logProbOf(rows[i], tokens[i + 1]);
    const largest = Math.max(...Array.from(rows[i], Math.abs));
    const allowed =
      logProbAllowance(rows[i], tolerance) + derivedTolerances.logProb * (1 + largest);
    const after = `the one of ${tokens[i + 1]} after [${tokens.slice(0, i + 1)}]`;
    const right = logProb <= 0 && Math.abs(logProb - wanted) <= allowed;
    expectThat(right, `${what}: ${after} is ${logProb}, but should be ${wanted}`);
  }
}
