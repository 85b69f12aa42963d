import fc from "fast-check";
import { tokensOf } from "../arbitraries/tokens.ts";
import { forward } from "../definition.ts";
import type { Candidate } from "../subjects/subject.ts";
import { law } from "./law.ts";
import { expectAccurate } from "./support/accuracy.ts";
import { decoderCanary } from "./support/canary.ts";
import { expectThat } from "./support/expect.ts";

interface Write {
  candidate: Candidate;
  tokens: number[];
  at: number;
  value: number;
}

export const tiedWeightsMemory = law<Write>({
  id: "tied-weights-memory",
  name: "a tied head is the embedding itself",
  chapter: "memory",
  statement:
    "Tied: embedding and head are one memory, counted once, and one write is seen by both and by the next pass. Untied: two memories, and a write to one leaves the other.",
  source: "Press and Wolf 2017, Using the Output Embedding to Improve Language Models",
  catches:
    "a copied head, a head that is dropped or replaced by the embedding, memory counted twice",
  needs: ["weights"],
  precondition: { name: "the written number changed", floor: 0.9 },
  cases: (subject, sizes) =>
    fc.record({
      candidate: subject.candidates,
      tokens: sizes.tokens(1, 4),
      at: fc.nat(),
      value: fc.integer({ min: -4, max: 4 }),
    }),
  check: async ({ candidate: { decoder }, tokens: raw, ...write }, subject) => {
    const { config } = decoder;
    const { vocabSize: V, hiddenSize: D, tieWordEmbeddings: tied } = config;
    const { embedTokens, lmHead, tensors } = decoder.weights!;
    const size = `head and embedding must be ${V * D} numbers, got ${lmHead.weight.length}`;
    expectThat(lmHead.weight.length === V * D && embedTokens.length === V * D, size);
    const same =
      lmHead.weight.buffer === embedTokens.buffer &&
      lmHead.weight.byteOffset === embedTokens.byteOffset;
    expectThat(same === tied, `the head ${same ? "is" : "is not"} the embedding's memory`);
    const buffers = new Set(tensors.map(({ data }) => data.buffer));
    const counted = `${tensors.length} tensors lie in ${buffers.size} buffers`;
    expectThat(buffers.has(lmHead.weight.buffer) && buffers.has(embedTokens.buffer), counted);
    expectThat(
      tensors.some(({ name }) => name === "lm_head.weight") === !tied,
      "a tied head is listed",
    );

    const tokens = tokensOf(config, raw);
    const at = write.at % (V * D);
    const before = { embedding: embedTokens[at], head: lmHead.weight[at] };
    const value = Math.fround(before.embedding + write.value + 0.5);
    embedTokens[at] = value;
    try {
      const head = tied ? value : before.head;
      expectThat(
        lmHead.weight[at] === head,
        `embedding[${at}] = ${value}, head ${lmHead.weight[at]}`,
      );
      await using sequence = await decoder.start();
      const logits = await sequence.append(tokens);
      const expected = forward(config, decoder.weights!, tokens).at(-1)!;
      const what = `embedding[${at}] = ${value} written`;
      const written = { name: what, config, weights: decoder.weights! };
      expectAccurate(what, tokens, logits, expected, subject, written);
    } finally {
      embedTokens[at] = before.embedding;
    }
    return value !== before.embedding;
  },
  canaries: [
    decoderCanary("tied weights are copied, untied weights are shared", (d) => {
      const weights = d.weights;
      if (weights === undefined) return d;
      const weight = d.config.tieWordEmbeddings
        ? weights.lmHead.weight.slice()
        : weights.embedTokens;
      return { ...d, weights: { ...weights, lmHead: { ...weights.lmHead, weight } } };
    }),
  ],
});
