import fc from "fast-check";
import { logits } from "../../arbitraries/logits.ts";
import { rawTokens } from "../../arbitraries/tokens.ts";

export interface Seen {
  row: Float64Array;
  history: number[];
  penalty: number;
}

export const seen = (penalty: fc.Arbitrary<number>) =>
  fc.record({ row: logits(8), history: rawTokens(0, 8), penalty });

/** How often each id of the row was seen. */
export function countsOf(row: Float64Array, rawHistory: readonly number[]) {
  const history = rawHistory.map((id) => id % row.length);
  const counts = Array.from(row, (_, id) => history.filter((other) => other === id).length);
  return { history, counts };
}
