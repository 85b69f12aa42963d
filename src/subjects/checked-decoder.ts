/** Decoders whose logits are checked as they arrive, so that no law has to. */
import type { Batch, Decoder, Sequence } from "../decoder.ts";
import type { Logits } from "../math/logits.ts";

/** Thrown in place of logits that are not exactly V finite numbers. */
export class InvalidLogits extends Error {}

/** Returns the decoder; every row of its logits must be V finite numbers, or the call throws. */
export function checkedDecoder(decoder: Decoder): Decoder {
  const { name, config, capabilities, stages, startBatch } = decoder;
  return {
    ...(decoder.weights === undefined ? {} : { weights: decoder.weights }),
    ...(stages === undefined ? {} : { stages: stages.bind(decoder) }),
    ...(startBatch === undefined
      ? {}
      : {
          startBatch: async (rows) => checkedBatch(await startBatch.call(decoder, rows), decoder),
        }),
    name,
    config,
    capabilities,
    start: async (position) => checkedSequence(await decoder.start(position), decoder),
    [Symbol.asyncDispose]: () => decoder[Symbol.asyncDispose](),
  };
}

function checkedSequence(sequence: Sequence, decoder: Decoder): Sequence {
  return {
    get length() {
      return sequence.length;
    },
    append: async (tokens) => checkedRow(await sequence.append(tokens), decoder),
    appendAll: async (tokens) => {
      const rows = await sequence.appendAll(tokens);
      checkCount(rows, tokens.length, decoder);
      return rows.map((row) => checkedRow(row, decoder));
    },
    rewind: (length) => sequence.rewind(length),
    fork: async () => checkedSequence(await sequence.fork(), decoder),
    poison: async () => sequence.poison?.(),
    [Symbol.asyncDispose]: () => sequence[Symbol.asyncDispose](),
  };
}

function checkedBatch(batch: Batch, decoder: Decoder): Batch {
  const checked = (results: (Logits | null)[], given: readonly boolean[]) => {
    checkCount(results, given.length, decoder);
    return results.map((row, i) => (row === null && !given[i] ? null : checkedRow(row, decoder)));
  };
  return {
    get lengths() {
      return batch.lengths;
    },
    append: async (rows) =>
      checked(
        await batch.append(rows),
        rows.map((tokens) => tokens.length > 0),
      ),
    appendPadded: async (rows, counts) =>
      checked(
        await batch.appendPadded(rows, counts),
        counts.map((row) => row.includes(true)),
      ),
    select: (rows) => batch.select(rows),
    [Symbol.asyncDispose]: () => batch[Symbol.asyncDispose](),
  };
}

function checkCount(rows: readonly unknown[], count: number, { name }: Decoder): void {
  if (Array.isArray(rows) && rows.length === count) return;
  const got = Array.isArray(rows) ? rows.length : String(rows);
  throw new InvalidLogits(`${name}: there must be ${count} rows of logits, got ${got}`);
}

/** An engine need not be type-checked: its rows can be anything. */
function checkedRow(row: Logits | null | undefined, { name, config }: Decoder): Logits {
  const V = config.vocabSize;
  const must = `${name}: a row of logits must be V = ${V} finite numbers`;
  if (typeof row !== "object" || row === null) throw new InvalidLogits(`${must}, got ${row}`);
  if (row.length !== V) throw new InvalidLogits(`${must}, got ${row.length} numbers`);
  for (let token = 0; token < V; token++) {
    if (Number.isFinite(row[token])) continue;
    const logit: unknown = row[token];
    const got = typeof logit === "string" ? JSON.stringify(logit) : String(logit);
    throw new InvalidLogits(`${must}, got ${got} for token ${token}`);
  }
  return row;
}
