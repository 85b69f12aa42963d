import type { Batch } from "../decoder.ts";
import type { Logits } from "../math/logits.ts";
import { type Canary, decoderCanary, withBatches } from "./canary.ts";

type Results = readonly (Logits | null)[];

/** The results with every row's logits nudged by so many steps. */
const nudged = (results: Results, steps: (row: number) => number) =>
  results.map((logits, row) =>
    logits === null ? null : logits.map((logit) => logit + steps(row) * 2 ** -20),
  );

/** Bugs of batches. */
export const batchCanaries: readonly Canary[] = [
  decoderCanary("P-BATCH", "a row feels how much longer the longest row is", (decoder) =>
    withBatches(decoder, (batch) => ({
      append: async (rows) => {
        const results = await batch.append(rows);
        const longest = Math.max(...batch.lengths);
        return nudged(results, (row) => longest - batch.lengths[row]);
      },
    })),
  ),
  decoderCanary("P-PERM", "a row feels its place", (decoder) =>
    withBatches(decoder, (batch) => ({
      append: async (rows) => nudged(await batch.append(rows), (row) => row),
    })),
  ),
  decoderCanary("P-ISOL", "a row that joins takes over what the first row holds", (decoder) =>
    withBatches(decoder, (batch) => ({
      select: (rows) => batch.select(rows.map((row) => row ?? 0)),
    })),
  ),
  decoderCanary("P-BEAM", "beams are reordered in place, one after the other", (decoder) =>
    withBatches(decoder, (batch) => ({ select: (rows) => batch.select(inPlace(batch, rows)) })),
  ),
  decoderCanary("P-PAD", "whatever has the id of padding is taken for padding", (decoder) =>
    withBatches(decoder, (batch) => ({
      appendPadded: (rows, counts) => {
        const ids = new Set(rows.flatMap((row, b) => row.filter((_, i) => !counts[b][i])));
        const own = rows.map((row, b) => row.map((id, i) => counts[b][i] && !ids.has(id)));
        return batch.appendPadded(rows, own);
      },
    })),
  ),
];

/** Where rows come from when each is overwritten before the next is copied. */
function inPlace({ lengths }: Batch, rows: readonly (number | null)[]): (number | null)[] {
  const now: (number | null)[] = lengths.map((_, row) => row);
  for (const [to, from] of rows.entries()) now[to] = from === null ? null : now[from];
  return now.slice(0, rows.length);
}
