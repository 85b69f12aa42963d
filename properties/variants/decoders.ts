/** The reference decoder with other answers, caches, batches and errors that are as correct. */
import type { Batch, Decoder, Sequence } from "../../src/decoder.ts";
import type { Logits } from "../../src/math/logits.ts";
import type { Model } from "../../src/model/model.ts";
import { referenceDecoder } from "../../src/reference/reference-decoder.ts";
import {
  defineSubject,
  type Engine,
  type SubjectDefinition,
} from "../../src/subjects/define-subject.ts";
import { reference } from "../../src/subjects/reference.ts";
import type { Variant } from "./variant.ts";

type Rows = readonly (readonly number[])[];

/** Returns a sequence with other logits. */
function answering(sequence: Sequence, change: (row: Logits) => Logits): Sequence {
  return {
    get length() {
      return sequence.length;
    },
    append: async (tokens) => change(await sequence.append(tokens)),
    appendAll: async (tokens) => (await sequence.appendAll(tokens)).map(change),
    rewind: (length) => sequence.rewind(length),
    fork: async () => answering(await sequence.fork(), change),
    [Symbol.asyncDispose]: () => sequence[Symbol.asyncDispose](),
  };
}

/** Returns the reference with sequences of another kind. */
const withStart =
  (start: (decoder: Decoder) => Engine["start"]) =>
  ({ config, weights }: Model): Engine => ({ start: start(referenceDecoder(config, weights)) });

const withLogits = (change: (row: Logits) => Logits) =>
  withStart((decoder) => async () => answering(await decoder.start(), change));

/** A sequence without a cache: every call runs all tokens again. */
function recomputing(decoder: Decoder, held: readonly number[] = []): Sequence {
  let tokens = [...held];
  const run = async (more: readonly number[]) => {
    await using all = await decoder.start();
    if (more.length === 0) return all.append([]);
    const rows = await all.appendAll([...tokens, ...more]);
    tokens.push(...more);
    return rows.slice(-more.length);
  };
  return {
    get length() {
      return tokens.length;
    },
    append: async (more) => (await run(more)).at(-1) as Logits,
    appendAll: async (more) => (await run(more)) as Logits[],
    rewind: async (length) => {
      if (!Number.isInteger(length) || length < 0 || length > tokens.length) {
        throw new RangeError(`rewind: must be to one of ${tokens.length} tokens, got ${length}`);
      }
      tokens = tokens.slice(0, length);
    },
    fork: async () => recomputing(decoder, tokens),
    [Symbol.asyncDispose]: async () => {},
  };
}

class RefusedByServer extends Error {}

/** A sequence whose errors are of another class than RangeError. */
function refusing(sequence: Sequence): Sequence {
  const answer = async <T>(call: Promise<T>): Promise<T> => {
    try {
      return await call;
    } catch (error) {
      throw new RefusedByServer(`400: ${error}`);
    }
  };
  return {
    get length() {
      return sequence.length;
    },
    append: (tokens) => answer(sequence.append(tokens)),
    appendAll: (tokens) => answer(sequence.appendAll(tokens)),
    rewind: (length) => answer(sequence.rewind(length)),
    fork: async () => refusing(await sequence.fork()),
    [Symbol.asyncDispose]: () => sequence[Symbol.asyncDispose](),
  };
}

/** Returns the rows filled to one width, before or after their tokens. */
function padded(rows: Rows, side: "left" | "right", padding: number) {
  const width = Math.max(0, ...rows.map(({ length }) => length));
  const place = <T>(row: readonly T[], filler: T) => {
    const free = Array.from({ length: width - row.length }, () => filler);
    return side === "left" ? [...free, ...row] : [...row, ...free];
  };
  return {
    tokens: rows.map((row) => place(row, padding)),
    counts: rows.map((row) =>
      place(
        row.map(() => true),
        false,
      ),
    ),
  };
}

/** The reference with batches that pass on every ragged call as a rectangle. */
const withPadding =
  (side: "left" | "right") =>
  ({ config, weights }: Model): Engine => {
    const decoder = referenceDecoder(config, weights);
    const startBatch = async (rows: number): Promise<Batch> => {
      const batch = await decoder.startBatch!(rows);
      return {
        get lengths() {
          return batch.lengths;
        },
        append: (given) => {
          const { tokens, counts } = padded(given, side, config.vocabSize - 1);
          return batch.appendPadded(tokens, counts);
        },
        appendPadded: (given, counts) => batch.appendPadded(given, counts),
        select: (order) => batch.select(order),
        [Symbol.asyncDispose]: () => batch[Symbol.asyncDispose](),
      };
    };
    return { start: () => decoder.start(), startBatch };
  };

const float64 = { arithmetic: "float64", bitwise: true } as const;
const capabilities = ["all-rows", "rewind", "fork"] as const;
const { generation } = reference;

const definitions: readonly (SubjectDefinition & { readonly why: string })[] = [
  {
    ...{ name: "negative zeros", ...float64, why: "-0 equals 0" },
    build: withLogits((row) => row.map((logit) => (logit === 0 ? -0 : logit))),
  },
  {
    ...{ name: "logits in float32", arithmetic: "float32", bitwise: true, generation },
    why: "the head of a float32 engine rounds once; its rows are Float32Array",
    build: withLogits((row) => Float32Array.from(row)),
  },
  {
    ...{ name: "no cache", ...float64, generation, why: "every call runs all tokens again" },
    build: withStart((decoder) => async () => recomputing(decoder)),
  },
  {
    ...{ name: "errors of another class", ...float64, generation },
    why: "a refusal is an error of any class",
    build: withStart((decoder) => async () => refusing(await decoder.start())),
  },
  ...(["left", "right"] as const).map((side) => ({
    ...{ name: `batches padded on the ${side}`, ...float64, build: withPadding(side) },
    capabilities: [...capabilities, "batch", "padding"] as const,
    why: "padding is masked, and has no position",
  })),
];

export const decoders: readonly Variant[] = definitions.map(({ why, ...definition }) => ({
  why,
  subject: defineSubject({ capabilities, ...definition }),
}));
