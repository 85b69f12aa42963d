import fc from "fast-check";
import { tokensOf } from "../arbitraries/tokens.ts";
import type { Decoder, Sequence } from "../decoder.ts";
import type { Logits } from "../math/logits.ts";
import { law } from "./law.ts";
import { decoderCanary } from "./support/canary.ts";
import { comparedPositions } from "./support/compared-positions.ts";
import { expectNextLogits } from "./support/expect.ts";
import { freshLogits, type TokenCase } from "./support/fresh-logits.ts";
import { withSequences } from "./support/wrapped.ts";

interface Chunks extends TokenCase {
  cuts: number[];
}

export const chunkInvariance = law<Chunks>({
  id: "chunk-invariance",
  name: "any split of the tokens gives the same logits",
  chapter: "cache",
  statement:
    "However a sequence is cut into calls, the logits at the end of every call are those of one call, and so are all rows where they are offered.",
  source: "chunked prefill; Agrawal et al. 2023 (Sarathi)",
  catches:
    "square masks on rectangular scores, one position for a whole chunk, chunks that are lost",
  needs: [],
  precondition: { name: "a chunk of several tokens on a cache that is not empty", floor: 0.4 },
  cases: (subject, sizes) =>
    fc.record({
      candidate: subject.candidates,
      tokens: sizes.tokens(2, 12),
      cuts: fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 8 }),
    }),
  check: async ({ candidate: { decoder }, tokens: raw, cuts: widths }, subject) => {
    const tokens = tokensOf(decoder.config, raw);
    const chunks = split(tokens, widths);
    const compared = comparedPositions(tokens.length);
    await using sequence = await decoder.start();
    let held: number[] = [];
    const cuts = `in chunks of ${chunks.map((chunk) => chunk.length)}`;
    for (const chunk of chunks) {
      const rows = await appendRows(decoder, sequence, chunk);
      held = [...held, ...chunk];
      for (const [i, row] of rows.entries()) {
        if (!compared.has(held.length - rows.length + i)) continue;
        const prefix = held.slice(0, held.length - rows.length + i + 1);
        expectNextLogits(cuts, prefix, row, await freshLogits(decoder, prefix), subject.repeatable);
      }
    }
    return chunks.slice(1).some((chunk) => chunk.length > 1);
  },
  canaries: [
    decoderCanary("a chunk on a cache is read in reverse", (decoder) => {
      const misread = (sequence: Sequence, tokens: readonly number[]) =>
        sequence.length === 0 ? tokens : tokens.toReversed();
      return withSequences(decoder, (sequence) => ({
        append: (tokens) => sequence.append(misread(sequence, tokens)),
        appendAll: (tokens) => sequence.appendAll(misread(sequence, tokens)),
      }));
    }),
  ],
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
