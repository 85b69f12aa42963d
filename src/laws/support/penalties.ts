import fc from "fast-check";
import { sizedLogits } from "../../arbitraries/logits.ts";
import type { Sizes } from "../../arbitraries/sizes.ts";

export interface PenaltyCase {
  row: Float64Array;
  history: number[];
  penalty: number;
}

export const penaltyCases = (sizes: Sizes, penalty: fc.Arbitrary<number>) =>
  fc.record({ row: sizedLogits(sizes, { max: 8 }), history: sizes.tokens(0, 8), penalty });

/** Returns the history folded into the ids of the row, and the count of each id in it. */
export function countsOf(row: Float64Array, rawHistory: readonly number[]) {
  const history = rawHistory.map((id) => id % row.length);
  const counts = Array.from(row, (_, id) => history.filter((other) => other === id).length);
  return { history, counts };
}
