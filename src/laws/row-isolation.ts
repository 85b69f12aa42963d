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
import { withBatches } from "./support/wrapped.ts";

interface Joining extends BatchCase {
  /** Between calls: which rows stay, and how many empty ones join them. */
  changes: { stay: boolean[]; join: number }[];
  /** True for a batch that starts without a row, which all rows then join. */
  empty: boolean;
}

export const rowIsolation = law<Joining>({
  id: "row-isolation",
  name: "rows that join or leave change nothing for the others",
  chapter: "batch",
  statement:
    "Between calls, rows may leave and empty ones may join, also a batch without a row: every row continues as it would alone.",
  source: "continuous batching; Yu et al. 2022 (Orca), section 3",
  catches:
    "rows misaligned after one leaves, a place whose last row is still remembered, tokens of another request",
  needs: ["batch"],
  precondition: {
    name: "a row that holds tokens continues after another left or joined",
    floor: 0.4,
  },
  cases: (subject, sizes) =>
    fc.record({
      candidate: subject.candidates,
      rows: rowsOfCalls(sizes),
      changes: fc.array(
        fc.record({
          stay: fc.array(fc.constantFrom(true, true, false), { minLength: 4, maxLength: 4 }),
          join: fc.nat({ max: 2 }),
        }),
        { minLength: 1, maxLength: 3 },
      ),
      empty: fc.constantFrom(false, false, false, true),
    }),
  check: async ({ candidate: { decoder }, rows, changes, empty }, subject) => {
    await using batch = await decoder.startBatch!(empty ? 0 : rows.length);
    if (empty) await batch.select(rows.map(() => null));
    const calls = callsOf(rows);
    let held: RowTokens[] = rows.map(() => []);
    held = await appendAlone("call 0", decoder, batch, held, calls[0], subject.repeatable);
    let reached = false;
    for (const [i, { stay, join }] of changes.entries()) {
      const staying = [...held.keys()].filter((row) => stay[row] ?? true);
      const chosen = [...staying, ...Array.from({ length: join }, () => null)];
      await batch.select(chosen);
      const before = held;
      held = chosen.map((row) => (row === null ? [] : before[row]));
      const moved = staying.length < before.length || join > 0;
      const raw = held.map((_, row) => calls[(i + 1) % calls.length][row % rows.length]);
      const what = `call ${i + 1} with rows [${chosen.map((row) => row ?? "new")}]`;
      const now = await appendAlone(what, decoder, batch, held, raw, subject.repeatable);
      reached ||= moved && held.some(({ length }, row) => length > 0 && now[row].length > length);
      held = now;
    }
    return reached;
  },
  canaries: [
    decoderCanary("a row that joins takes over what the first row holds", (decoder) =>
      withBatches(decoder, (batch) => ({
        select: (rows) => batch.select(rows.map((row) => row ?? 0)),
      })),
    ),
  ],
});
