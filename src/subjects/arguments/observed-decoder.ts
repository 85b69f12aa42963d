/** Decoders whose calls are counted by the classes of their arguments. */
import type { Batch, Decoder, Sequence } from "../../decoder.ts";
import type { Operation } from "./argument.ts";
import * as batches from "./batch-operations.ts";
import * as decoders from "./decoder-operations.ts";
import type { OccurredArguments } from "./occurred.ts";

/** Runs a call, counts it by its end, and returns its result. */
export async function counted<Call, Result>(
  occurred: OccurredArguments,
  operation: Operation<Call>,
  call: Call,
  run: () => Promise<Result>,
): Promise<Result> {
  try {
    const result = await run();
    occurred.add(operation, call, "returned");
    return result;
  } catch (error) {
    occurred.add(operation, call, "refused");
    throw error;
  }
}

/** Returns the decoder, with all calls on it and its sequences counted. */
export function observedDecoder(decoder: Decoder, occurred: OccurredArguments): Decoder {
  const { maxPositionEmbeddings: context } = decoder.config;
  return {
    ...decoder,
    start: async (position) => {
      const start = () => decoder.start(position);
      const sequence = await counted(occurred, decoders.start, { position, context }, start);
      return observedSequence(sequence, decoder, context - (position ?? 0), occurred);
    },
    ...(decoder.startBatch && {
      startBatch: async (rows) => {
        const start = () => decoder.startBatch!(rows);
        const batch = await counted(occurred, batches.startBatch, { rows }, start);
        return observedBatch(batch, decoder, occurred);
      },
    }),
    [Symbol.asyncDispose]: () => decoder[Symbol.asyncDispose](),
  };
}

/** @param capacity the number of tokens that the sequence can hold */
function observedSequence(
  sequence: Sequence,
  decoder: Decoder,
  capacity: number,
  occurred: OccurredArguments,
): Sequence {
  const { vocabSize } = decoder.config;
  const appending = (tokens: readonly number[]) => {
    const held = sequence.length;
    return { tokens: [...tokens], held, room: capacity - held, vocabSize };
  };
  return {
    get length() {
      return sequence.length;
    },
    append: (tokens) =>
      counted(occurred, decoders.appendOne, appending(tokens), () => sequence.append(tokens)),
    appendAll: (tokens) =>
      counted(occurred, decoders.appendAll, appending(tokens), () => sequence.appendAll(tokens)),
    rewind: (length) => {
      const call = { length, held: sequence.length };
      return counted(occurred, decoders.rewind, call, () => sequence.rewind(length));
    },
    fork: async () => {
      const call = { held: sequence.length, room: capacity - sequence.length };
      const fork = await counted(occurred, decoders.fork, call, () => sequence.fork());
      return observedSequence(fork, decoder, capacity, occurred);
    },
    poison: async () => sequence.poison?.(),
    [Symbol.asyncDispose]: () => sequence[Symbol.asyncDispose](),
  };
}

function observedBatch(batch: Batch, { config }: Decoder, occurred: OccurredArguments): Batch {
  const { vocabSize, maxPositionEmbeddings: context } = config;
  const before = (rows: readonly (readonly number[])[]) => {
    return { rows: rows.map((row) => [...row]), held: [...batch.lengths], context, vocabSize };
  };
  return {
    get lengths() {
      return batch.lengths;
    },
    append: (rows) =>
      counted(occurred, batches.batchAppend, before(rows), () => batch.append(rows)),
    appendPadded: (rows, flags) => {
      const call = { ...before(rows), counts: flags };
      return counted(occurred, batches.appendPadded, call, () => batch.appendPadded(rows, flags));
    },
    select: (rows) => {
      const call = { rows: [...rows], count: batch.lengths.length };
      return counted(occurred, batches.select, call, () => batch.select(rows));
    },
    [Symbol.asyncDispose]: () => batch[Symbol.asyncDispose](),
  };
}
