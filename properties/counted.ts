import type { Decoder, Sequence } from "../src/decoder.ts";

/** What was asked of a decoder. */
export interface Count {
  /** How many tokens each `append` brought, over all sequences. */
  readonly widths: number[];
  started: number;
  disposed: number;
}

/** A decoder, and a count of what is asked of it from now on. */
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
