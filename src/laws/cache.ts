/** The cache: what a decoder remembers changes how long it takes, never what it says. */
import fc from "fast-check";
import { rawTokens, tokensOf } from "../arbitraries/tokens.ts";
import type { Decoder } from "../decoder.ts";
import type { Logits } from "../math/logits.ts";
import type { Candidate } from "../subjects/subject.ts";
import { expect, expectLast, law } from "./law.ts";

/** The logits after the last token of a sequence that has never seen another call. */
export async function cold(decoder: Decoder, tokens: readonly number[]): Promise<Logits> {
  await using sequence = await decoder.start();
  return await sequence.append(tokens); // before the sequence is disposed of
}

interface Tokens {
  candidate: Candidate;
  tokens: number[];
}

export const stepByStep = law<Tokens>({
  code: "P-CACHE",
  name: "cached = uncached, at every step",
  statement:
    "The logits after a token are the same whether the tokens came one by one, through the cache, or all at once in a new sequence.",
  source: "the definition of a KV cache; Pope et al. 2022, section 3",
  catches: "positions that restart with every call, masks without the past, lost or misplaced keys",
  needs: [],
  precondition: { name: "at least two decode steps", floor: 0.5 },
  cases: (subject) => fc.record({ candidate: subject.candidates, tokens: rawTokens(1, 10) }),
  check: async ({ candidate: { decoder }, tokens: raw }, subject) => {
    const tokens = tokensOf(decoder.config, raw);
    await using sequence = await decoder.start();
    for (const [t, token] of tokens.entries()) {
      const held = tokens.slice(0, t + 1);
      const cached = await sequence.append([token]);
      expect(sequence.length === held.length, `length after [${held}] is ${sequence.length}`);
      const uncached = await cold(decoder, held);
      expectLast("one by one", held, cached, uncached, subject.repeatable);
    }
    return tokens.length > 2;
  },
});

interface Chunks extends Tokens {
  cuts: number[];
}

export const anyPartition = law<Chunks>({
  code: "P-CHUNK",
  name: "any split of the tokens gives the same logits",
  statement:
    "However a sequence is cut into calls, the logits at the end of every call are those of one call, and so are all rows where they are offered.",
  source: "chunked prefill; Agrawal et al. 2023 (Sarathi)",
  catches:
    "square masks on rectangular scores, one position for a whole chunk, chunks that are lost",
  needs: [],
  precondition: { name: "a chunk of several tokens on a cache that is not empty", floor: 0.4 },
  cases: (subject) =>
    fc.record({
      candidate: subject.candidates,
      tokens: rawTokens(2, 12),
      cuts: fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 8 }),
    }),
  check: async ({ candidate: { decoder }, tokens: raw, cuts: widths }, subject) => {
    const tokens = tokensOf(decoder.config, raw);
    const chunks = split(tokens, widths);
    await using sequence = await decoder.start();
    let held: number[] = [];
    const cuts = `in chunks of ${chunks.map((chunk) => chunk.length)}`;
    for (const chunk of chunks) {
      const rows = await appendRows(decoder, sequence, chunk);
      held = [...held, ...chunk];
      for (const [i, row] of rows.entries()) {
        const prefix = held.slice(0, held.length - rows.length + i + 1);
        expectLast(cuts, prefix, row, await cold(decoder, prefix), subject.repeatable);
      }
    }
    return chunks.slice(1).some((chunk) => chunk.length > 1);
  },
});

async function appendRows(
  decoder: Decoder,
  sequence: Awaited<ReturnType<Decoder["start"]>>,
  chunk: readonly number[],
): Promise<Logits[]> {
  if (decoder.capabilities.has("all-rows")) return sequence.appendAll(chunk);
  return [await sequence.append(chunk)];
}

/** Tokens cut at the given widths; what is left over is one last chunk. */
function split(tokens: readonly number[], widths: readonly number[]): number[][] {
  const chunks: number[][] = [];
  let start = 0;
  for (const width of [...widths, tokens.length]) {
    if (start >= tokens.length) break;
    chunks.push(tokens.slice(start, start + width));
    start += width;
  }
  return chunks;
}

interface Rollback extends Tokens {
  wrong: number[];
  right: number[];
}

export const rollback = law<Rollback>({
  code: "P-ROLL",
  name: "a rewound sequence has forgotten",
  statement:
    "After tokens were appended and taken back, the sequence goes on as one that never held them.",
  source: "speculative decoding rejects drafts; Leviathan et al. 2023",
  catches: "stale keys, a length that is not reset, a rewind that is one off",
  needs: ["rewind"],
  precondition: { name: "the tokens taken back differ from those that follow", floor: 0.5 },
  cases: (subject) =>
    fc.record({
      candidate: subject.candidates,
      tokens: rawTokens(1, 5),
      wrong: rawTokens(1, 5),
      right: rawTokens(1, 5),
    }),
  check: async ({ candidate: { decoder }, ...raw }, subject) => {
    const { config } = decoder;
    const room = config.maxPositionEmbeddings;
    const tokens = tokensOf(config, raw.tokens, room - 1);
    const wrong = tokensOf(config, raw.wrong, room - tokens.length);
    const right = tokensOf(config, raw.right, room - tokens.length);
    await using sequence = await decoder.start();
    await sequence.append(tokens);
    await sequence.append(wrong);
    await sequence.rewind(tokens.length);
    expect(sequence.length === tokens.length, `length after a rewind is ${sequence.length}`);
    const held = [...tokens, ...right];
    const rewound = await sequence.append(right);
    const what = `[${wrong}] taken back`;
    expectLast(what, held, rewound, await cold(decoder, held), subject.repeatable);
    return wrong.join() !== right.join();
  },
});

interface Fork extends Tokens {
  ours: number[];
  theirs: number[];
}

export const forked = law<Fork>({
  code: "P-FORK",
  name: "a fork and its origin do not touch each other",
  statement: "Both go on as sequences that were alone from the start, in either order.",
  source: "copy-on-write of cache blocks; Kwon et al. 2023 (PagedAttention), section 4.4",
  catches: "caches shared by reference, forks that lose or share their last block",
  needs: ["fork"],
  precondition: { name: "the two continuations differ", floor: 0.5 },
  cases: (subject) =>
    fc.record({
      candidate: subject.candidates,
      tokens: rawTokens(1, 5),
      ours: rawTokens(2, 5),
      theirs: rawTokens(1, 5),
    }),
  check: async ({ candidate: { decoder }, ...raw }, subject) => {
    const { config } = decoder;
    const room = config.maxPositionEmbeddings;
    const tokens = tokensOf(config, raw.tokens, room - 2);
    const [ours, theirs] = [raw.ours, raw.theirs].map((tail) =>
      tokensOf(config, tail, room - tokens.length),
    );
    await using origin = await decoder.start();
    await origin.append(tokens);
    await using fork = await origin.fork();
    await origin.append(ours.slice(0, 1));
    const forkLogits = await fork.append(theirs);
    const originLogits = await origin.append(ours.slice(1));
    for (const [tail, logits] of [
      [theirs, forkLogits],
      [ours, originLogits],
    ] as const) {
      const held = [...tokens, ...tail];
      const what = `forked after [${tokens}]`;
      expectLast(what, held, logits, await cold(decoder, held), subject.repeatable);
    }
    return ours.join() !== theirs.join();
  },
});
