import fc from "fast-check";
import { law } from "./law.ts";
import {
  appendAlone,
  type BatchCase,
  callsOf,
  type RowTokens,
  rowsOfCalls,
} from "./support/batch.ts";
import { decoderCanary } from "./support/canary.ts";
import { violationOn } from "./support/violation.ts";
import { violatedRows, withBatches } from "./support/wrapped.ts";

export const batchInvariance = law<BatchCase>({
  id: "batch-invariance",
  name: "a row of a batch has the logits of the row alone",
  chapter: "batch",
  statement:
    "Rows of any lengths that advance in common calls give the logits of the same rows in separate sequences.",
  source: "batching saves the loading of weights; Pope et al. 2022, section 2",
  catches:
    "one position or one mask for all rows, caches that rows share, logits of another row's last token",
  needs: ["batch"],
  precondition: { name: "rows that hold tokens get different numbers of new ones", floor: 0.4 },
  cases: (subject, sizes) => fc.record({ candidate: subject.candidates, rows: rowsOfCalls(sizes) }),
  check: async ({ candidate: { decoder }, rows }, subject) => {
    await using batch = await decoder.startBatch!(rows.length);
    let held: RowTokens[] = rows.map(() => []);
    let ragged = false;
    for (const [i, raw] of callsOf(rows).entries()) {
      const before = held;
      held = await appendAlone(`call ${i}`, decoder, batch, held, raw, subject.repeatable);
      const grown = held.map(({ length }, row) => (before[row].length > 0 ? length : 0));
      ragged ||= new Set(grown.filter((length) => length > 0)).size > 1;
    }
    return ragged;
  },
  canaries: [
    decoderCanary(
      "a row depends on how much longer the longest row is",
      (decoder, model, subject) =>
        withBatches(decoder, (batch) => ({
          append: async (rows) => {
            const results = await batch.append(rows);
            const longest = Math.max(...batch.lengths);
            return violatedRows(
              results,
              violationOn(subject, model),
              (row) => longest - batch.lengths[row],
            );
          },
        })),
    ),
  ],
});
