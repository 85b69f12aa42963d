import type { Batch, Decoder, Sequence } from "../../decoder.ts";
import type { Logits } from "../../math/logits.ts";
import type { Model } from "../../model/model.ts";
import type { Violate } from "./violation.ts";

export type BatchResults = readonly (Logits | null)[];

/** Returns the results of a batch with a number of violations added to the logits of each row. */
export const violatedRows = (
  results: BatchResults,
  violate: Violate,
  counts: (row: number) => number,
) => results.map((logits, row) => (logits === null ? null : violate(logits, counts(row))));

export type SequenceBug = (sequence: Sequence) => Partial<Sequence>;

/** Returns the decoder with methods of every sequence replaced, including those of forks. */
export function withSequences(decoder: Decoder, bug: SequenceBug): Decoder {
  return {
    ...decoder,
    start: async (position) => changedSequence(await decoder.start(position), bug),
  };
}

/** Returns the sequence with some methods replaced, also in its forks. */
export function changedSequence(sequence: Sequence, bug: SequenceBug): Sequence {
  const plain: Sequence = {
    get length() {
      return sequence.length;
    },
    append: (tokens) => sequence.append(tokens),
    appendAll: (tokens) => sequence.appendAll(tokens),
    rewind: (length) => sequence.rewind(length),
    fork: async () => changedSequence(await sequence.fork(), bug),
    poison: async () => sequence.poison?.(),
    [Symbol.asyncDispose]: () => sequence[Symbol.asyncDispose](),
  };
  return Object.defineProperties(plain, Object.getOwnPropertyDescriptors(bug(sequence)));
}

/** Returns the decoder with methods of every batch replaced. */
export function withBatches(decoder: Decoder, bug: (batch: Batch) => Partial<Batch>): Decoder {
  const startBatch = async (rows: number) => {
    const batch = await decoder.startBatch!(rows);
    const plain: Batch = {
      get lengths() {
        return batch.lengths;
      },
      append: (rows) => batch.append(rows),
      appendPadded: (rows, counts) => batch.appendPadded(rows, counts),
      select: (rows) => batch.select(rows),
      [Symbol.asyncDispose]: () => batch[Symbol.asyncDispose](),
    };
    return Object.defineProperties(plain, Object.getOwnPropertyDescriptors(bug(batch)));
  };
  return { ...decoder, startBatch };
}

/** Returns the decoder with a small share of a number of its model added to all logits. */
export function leaking(
  decoder: Decoder,
  model: Model | null,
  number: (model: Model) => number,
): Decoder {
  if (model === null) return decoder;
  return withSequences(decoder, (sequence) => ({
    append: async (tokens) => {
      const logits = await sequence.append(tokens);
      return logits.map((logit) => logit + number(model) * 2 ** -20);
    },
  }));
}
