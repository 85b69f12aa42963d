import fc from "fast-check";
import { law } from "./law.ts";
import { type BatchCase, callsOf, fitted, type RowTokens, rowsOfCalls } from "./support/batch.ts";
import { decoderCanary } from "./support/canary.ts";
import { expectNextLogits, expectThat } from "./support/expect.ts";
import { violationOn } from "./support/violation.ts";
import { violatedRows, withBatches } from "./support/wrapped.ts";

interface Permuted extends BatchCase {
  /** The places of rows in the second batch, ordered by these. */
  keys: number[];
}

export const rowPermutation = law<Permuted>({
  id: "row-permutation",
  name: "the order of rows does not matter",
  chapter: "batch",
  statement: "The same rows in another order give the same logits in that order.",
  source: "a batch is a set of sequences",
  catches: "settings of the first row used for all, sums that depend on the row's place",
  needs: ["batch"],
  precondition: { name: "rows with different tokens change places", floor: 0.4 },
  cases: (subject, sizes) =>
    fc.record({
      candidate: subject.candidates,
      rows: rowsOfCalls(sizes),
      keys: fc.array(fc.nat({ max: 9 }), { minLength: 4, maxLength: 4 }),
    }),
  check: async ({ candidate: { decoder }, rows, keys }, subject) => {
    const order = [...rows.keys()].sort((a, b) => keys[a] - keys[b]);
    await using plain = await decoder.startBatch!(rows.length);
    await using permuted = await decoder.startBatch!(rows.length);
    let held: RowTokens[] = rows.map(() => []);
    for (const [i, raw] of callsOf(rows).entries()) {
      const tokens = fitted(decoder.config, held, raw);
      held = held.map((before, row) => [...before, ...tokens[row]]);
      const expected = await plain.append(tokens);
      const actual = await permuted.append(order.map((row) => tokens[row]));
      for (const [place, row] of order.entries()) {
        const [one, other] = [actual[place], expected[row]];
        const what = `call ${i}, row ${row} at place ${place} of [${order}]`;
        expectThat((one === null) === (other === null), `${what}: logits in one order only`);
        if (one && other) expectNextLogits(what, held[row], one, other, subject.repeatable);
      }
    }
    return order.some((row, place) => held[row].join() !== held[place].join());
  },
  canaries: [
    decoderCanary("a row depends on its place", (decoder, model, subject) =>
      withBatches(decoder, (batch) => ({
        append: async (rows) =>
          violatedRows(await batch.append(rows), violationOn(subject, model), (row) => row),
      })),
    ),
  ],
});
