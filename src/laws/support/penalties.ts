import fc from "fast-check";
import { logitRows } from "../../arbitraries/logits.ts";
import { rawTokens } from "../../arbitraries/tokens.ts";

export interface PenaltyCase {
  row: Float64Array;
  history: number[];
  penalty: number;
}

export const penaltyCases = (penalty: fc.Arbitrary<number>) =>
  fc.record({ row: logitRows(8), history: rawTokens(0, 8), penalty });

/** Returns the history folded into the ids of the row, and the count of each id in it. */
export function countsOf(row: Float64Array, rawHistory: readonly number[]) {
  const history = rawHistory.map((id) => id % row.length);
  const counts = Array.from(row, (_, id) => history.filter((other) => other === id).length);
  return { history, counts };
}
