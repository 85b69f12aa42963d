import { illegalCounts, illegalIds } from "../../arbitraries/illegal.ts";
import type { Batch, Decoder, Sequence } from "../../decoder.ts";
import { InvalidLogits } from "../../subjects/checked-decoder.ts";
import type { Candidate } from "../../subjects/subject.ts";
import { expectThat } from "./expect.ts";

export interface FilledCase {
  candidate: Candidate;
  raw: number[];
}

/** A call that must be refused, with its description. */
export interface BadCall {
  readonly what: string;
  readonly call: () => unknown;
}

/** @throws {LawBroken} unless the call throws or rejects with an error */
export async function expectCallRefused({ what, call }: BadCall): Promise<void> {
  let error: unknown = null;
  try {
    await call();
  } catch (thrown) {
    error = thrown;
  }
  const isRefused = error instanceof Error && !(error instanceof InvalidLogits);
  expectThat(isRefused, `${what} was accepted`);
}

/** @throws {LawBroken} unless the call rejects and leaves the length as it was */
export async function expectSequenceRefuses(
  sequence: Sequence,
  what: string,
  call: BadCall["call"],
): Promise<void> {
  const { length } = sequence;
  await expectCallRefused({ what, call });
  const now = `${what} was refused, but the length went from ${length} to ${sequence.length}`;
  expectThat(sequence.length === length, now);
}

/** Returns the illegal calls on a sequence, as far as the decoder offers them. */
export function illegalSequenceCalls(decoder: Decoder, sequence: Sequence): BadCall[] {
  const { vocabSize, maxPositionEmbeddings: P } = decoder.config;
  const { length: S } = sequence;
  const tooMany = Array.from({ length: P - S + 1 }, () => 0);
  const lists = [[], tooMany, ...illegalIds(vocabSize).map((id) => [0, id])];
  return [
    ...lists.map((tokens) => ({
      what: `append of ${listed(tokens)} to ${S} of ${P}`,
      call: () => sequence.append(tokens),
    })),
    ...where(decoder.capabilities.has("all-rows"), lists, (tokens) => ({
      what: `appendAll of ${listed(tokens)} to ${S} of ${P}`,
      call: () => sequence.appendAll(tokens),
    })),
    ...where(decoder.capabilities.has("rewind"), [S + 1, ...illegalCounts], (length) => ({
      what: `a rewind of ${S} tokens to ${length}`,
      call: () => sequence.rewind(length),
    })),
    ...where(decoder.capabilities.has("offset"), [P, ...illegalCounts], (position) => ({
      what: `a start at position ${position}`,
      call: () => decoder.start(position),
    })),
    ...where(decoder.capabilities.has("batch"), illegalCounts, (rows) => ({
      what: `a batch of ${rows} rows`,
      call: () => decoder.startBatch!(rows),
    })),
  ];
}

/** Returns the illegal calls on a batch, as far as the decoder offers them. */
export function illegalBatchCalls({ config, capabilities }: Decoder, batch: Batch): BadCall[] {
  const { lengths } = batch;
  const { length: B } = lengths;
  const tooMany = Array.from({ length: config.maxPositionEmbeddings - lengths[0] + 1 }, () => 0);
  const rows = lengths.map(() => [0, 0]);
  const last = B - 1;
  const wrongNumber = [rows.slice(1), [...rows, [0, 0]]];
  const wrongIds = illegalIds(config.vocabSize).map((id) => rows.with(last, [0, id]));
  const appends = [...wrongNumber, ...wrongIds, rows.with(0, tooMany)];
  const flags = rows.map((row) => row.map(() => true));
  const padded = [
    ...wrongNumber.map((other) => ({ rows: other, flags })),
    ...wrongNumber.map((other) => ({ rows, flags: other.map((row) => row.map(() => true)) })),
    ...wrongIds.map((other) => ({ rows: other, flags })),
    { rows: rows.map(() => tooMany), flags: rows.map(() => tooMany.map(() => true)) },
    { rows: rows.with(last, [0]), flags },
    { rows, flags: flags.with(last, [true]) },
  ];
  return [
    ...appends.map((given) => ({
      what: `a batch of ${B} rows, append of ${given.map(listed)}`,
      call: () => batch.append(given),
    })),
    ...where(capabilities.has("padding"), padded, ({ rows, flags }) => ({
      what: `a batch of ${B} rows, appendPadded of ${rows.map(listed)} with ${flags.map(listed)}`,
      call: () => batch.appendPadded(rows, flags),
    })),
    ...[B, ...illegalCounts].map((row) => ({
      what: `a batch of ${B} rows, select of [0, ${row}]`,
      call: () => batch.select([0, row]),
    })),
  ];
}

/** Returns the values of a short list, or the length of a long one. */
function listed(values: readonly unknown[]): string {
  return values.length > 9 ? `${values.length} values` : `[${values}]`;
}

function where<Value>(
  isOffered: boolean,
  values: readonly Value[],
  call: (value: Value) => BadCall,
): BadCall[] {
  return isOffered ? values.map(call) : [];
}
