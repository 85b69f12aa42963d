import type { Decoder, Sequence } from "../src/decoder.ts";

/** Counts of calls of a decoder. */
export interface Count {
  /** Number of tokens of each `append`, over all sequences. */
  readonly widths: number[];
  started: number;
  disposed: number;
}

/** Returns a decoder with counted calls. */
export function counted(decoder: Decoder): { decoder: Decoder; count: Count } {
  const count: Count = { widths: [], started: 0, disposed: 0 };
  const watch = (sequence: Sequence): Sequence => ({
    get length() {
      return sequence.length;
    },
    append: (tokens) => {
      count.widths.push(tokens.length);
      return sequence.append(tokens);
    },
    appendAll: (tokens) => sequence.appendAll(tokens),
    rewind: (length) => sequence.rewind(length),
    fork: async () => watch(await sequence.fork()),
    [Symbol.asyncDispose]: async () => {
      count.disposed++;
      await sequence[Symbol.asyncDispose]();
    },
  });
  const start = async () => {
    count.started++;
    return watch(await decoder.start());
  };
  return { decoder: { ...decoder, start }, count };
}
