import fc from "fast-check";
import type { Decoder, Sequence } from "../decoder.ts";
import type { Logits } from "../math/logits.ts";
import { rowIndex, scriptedDecoder } from "./scripted-decoder.ts";
import { Sizes } from "./sizes.ts";

/** The parts of a draft decoder. */
export interface DraftParts {
  /** The target itself or its rows; its rows, wrong at some positions; or random rows. */
  readonly kind: "target" | "same" | "near" | "far";
  /** A near draft has a wrong row at every position that is a multiple of this. */
  readonly every: number;
  /** Number of positions by which its context is shorter than the target's. */
  readonly shorter: number;
}

/** Returns the parts of a draft; of a long one often without a wrong row until late, or at all. */
export function draftParts(sizes = new Sizes()): fc.Arbitrary<DraftParts> {
  const few = fc.integer({ min: 2, max: 4 });
  const size = sizes.sizeOf("draft");
  const late = (round: number) => fc.integer({ min: Math.max(2, round - 3), max: round + 6 });
  const never = (round: number) => fc.constant(4 * round);
  return fc.record({
    kind: fc.constantFrom("target", "near", "near", "near", "far"),
    every: size === null ? few : fc.oneof(few, late(size), never(size)),
    shorter: fc.constantFrom(0, 0, 1, 4),
  });
}

/** Returns a draft decoder for this target, with the same vocabulary. */
export function draftOf(target: Decoder, { kind, every, shorter }: DraftParts): Decoder {
  if (kind === "target") return target;
  const { vocabSize: V, maxPositionEmbeddings: P } = target.config;
  const maxPositionEmbeddings = Math.max(1, P - shorter);
  if (kind === "near" || kind === "same") {
    const wrongEvery = kind === "near" ? every : Number.POSITIVE_INFINITY;
    return {
      ...target,
      config: { ...target.config, maxPositionEmbeddings },
      start: async () => nearSequence(await target.start(), wrongEvery, maxPositionEmbeddings),
    };
  }
  const favourite = (tokens: readonly number[]) => rowIndex(tokens, V);
  return scriptedDecoder(V, maxPositionEmbeddings, (tokens) =>
    Float64Array.from({ length: V }, (_, id) => (id === favourite(tokens) ? 2 : 0)),
  );
}

function nearSequence(sequence: Sequence, every: number, capacity: number): Sequence {
  const seen = (row: Logits, length: number) =>
    length % every === 0 ? Float64Array.from(row, (_, id) => row[(id + 1) % row.length]) : row;
  const append = async (tokens: readonly number[]) => {
    if (sequence.length + tokens.length > capacity)
      throw new RangeError("append: the draft is full");
    return seen(await sequence.append(tokens), sequence.length);
  };
  return {
    get length() {
      return sequence.length;
    },
    append,
    appendAll: async (tokens) => {
      const rows: Logits[] = [];
      for (const token of tokens) rows.push(await append([token]));
      return rows;
    },
    rewind: (length) => sequence.rewind(length),
    fork: async () => nearSequence(await sequence.fork(), every, capacity),
    [Symbol.asyncDispose]: () => sequence[Symbol.asyncDispose](),
  };
}
