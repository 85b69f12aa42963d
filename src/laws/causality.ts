/** Causality: a position sees what stands before it and nothing that stands after. */
import fc from "fast-check";
import { rawTokens, tokensOf } from "../arbitraries/tokens.ts";
import type { Candidate } from "../subjects/subject.ts";
import { expect, expectLogits, law } from "./law.ts";

interface TwoContinuations {
  candidate: Candidate;
  prefix: number[];
  one: number[];
  other: number[];
}

export const prefixInvariance = law<TwoContinuations>({
  code: "P-CAUS",
  name: "the future is invisible",
  statement:
    "Two sequences with a common prefix have the same logits at every position of the prefix, whatever follows.",
  source: "Vaswani et al. 2017, section 3.2.3",
  catches: "a missing, inverted, shifted or transposed causal mask",
  needs: ["all-rows"],
  precondition: { name: "the continuations differ", floor: 0.5 },
  cases: (subject) =>
    fc.record({
      candidate: subject.candidates,
      prefix: rawTokens(1, 6),
      one: rawTokens(0, 6),
      other: rawTokens(1, 6),
    }),
  check: async ({ candidate: { decoder }, ...raw }, subject) => {
    const { config } = decoder;
    const room = config.maxPositionEmbeddings;
    const prefix = tokensOf(config, raw.prefix, room - 1);
    const [one, other] = [raw.one, raw.other].map((tail) =>
      tokensOf(config, tail, room - prefix.length),
    );
    const rows = async (tail: number[]) => {
      await using sequence = await decoder.start();
      return (await sequence.appendAll([...prefix, ...tail])).slice(0, prefix.length);
    };
    const what = `after [${prefix}] followed by [${one}] and by [${other}]`;
    expectLogits(what, await rows(one), await rows(other), subject.repeatable);
    return one.join() !== other.join();
  },
});

interface OneToken {
  candidate: Candidate;
  tokens: number[];
  at: number;
  shift: number;
}

export const liveness = law<OneToken>({
  code: "P-LIVE",
  name: "every token inside the context matters",
  statement: "Another token at any position changes the logits at that position.",
  source: "the dual of causality: a decoder that ignores its input keeps every invariance",
  catches: "ignored tokens: wrong row of the embedding, a stuck cache, a prompt that is not read",
  needs: ["all-rows"],
  precondition: { name: "the two tokens have different embeddings", floor: 0.4 },
  cases: (subject) =>
    fc.record({
      candidate: subject.candidates,
      tokens: rawTokens(1, 8),
      at: fc.nat(),
      shift: fc.nat(),
    }),
  check: async ({ candidate: { decoder, model }, ...raw }) => {
    const { vocabSize: V } = decoder.config;
    const tokens = tokensOf(decoder.config, raw.tokens);
    const at = raw.at % tokens.length;
    const other = (tokens[at] + 1 + (raw.shift % Math.max(1, V - 1))) % V;
    if (V === 1 || !distinguishable(model, tokens[at], other)) return false;
    const changed = tokens.with(at, other);
    const row = async (sent: number[]) => {
      await using sequence = await decoder.start();
      return (await sequence.appendAll(sent))[at];
    };
    const [before, after] = [await row(tokens), await row(changed)];
    const differ = before.some((logit, v) => logit !== after[v]);
    expect(differ, `logits at ${at} are the same for [${tokens}] and [${changed}]`);
    return true;
  },
});

/**
 * Whether two tokens must be told apart. A norm can make two embeddings equal: RMSNorm forgets a
 * common scale, LayerNorm a common shift too, and narrow rows have little else.
 */
function distinguishable(model: Candidate["model"], a: number, b: number): boolean {
  if (model === null) return true;
  const { hiddenSize: D } = model.config;
  const row = (token: number) => model.weights.embedTokens.subarray(token * D, (token + 1) * D);
  return D > 3 && row(a).some((value, d) => value !== row(b)[d]);
}
