import fc from "fast-check";
import { type Twin, tokensOf, twins, twinsOf } from "../arbitraries/tokens.ts";
import type { Candidate } from "../subjects/subject.ts";
import { law } from "./law.ts";
import { decoderCanary } from "./support/canary.ts";
import { expectThat } from "./support/expect.ts";
import { withSequences } from "./support/wrapped.ts";

interface OneToken {
  candidate: Candidate;
  tokens: number[];
  at: number;
  shift: number;
  /** A token that is a power of two away in place of any other; null in half of the cases. */
  twin: Twin | null;
}

export const contextSensitivity = law<OneToken>({
  id: "context-sensitivity",
  name: "every token inside the context matters",
  chapter: "causality",
  statement: "Another token at any position changes the logits at that position.",
  source: "the dual of causality: a decoder that ignores its input keeps every invariance",
  catches: "ignored tokens: wrong row of the embedding, a stuck cache, a prompt that is not read",
  needs: ["all-rows"],
  precondition: { name: "the two tokens have different embeddings", floor: 0.4 },
  cases: (subject, sizes) =>
    fc.record({
      candidate: subject.candidates,
      tokens: sizes.tokens(1, 8),
      at: fc.nat(),
      shift: fc.nat(),
      twin: fc.option(twins(), { freq: 1 }),
    }),
  check: async ({ candidate: { decoder, model }, ...raw }) => {
    const { vocabSize: V } = decoder.config;
    const drawn = tokensOf(decoder.config, raw.tokens);
    const at = raw.at % drawn.length;
    const near = (drawn[at] + 1 + (raw.shift % Math.max(1, V - 1))) % V;
    const [tokens, changed] =
      raw.twin === null
        ? [drawn, drawn.with(at, near)]
        : twinsOf(decoder.config, drawn, { ...raw.twin, at });
    if (V === 1 || !distinguishable(model, tokens[at], changed[at])) return false;
    const row = async (sent: number[]) => {
      await using sequence = await decoder.start();
      return (await sequence.appendAll(sent))[at];
    };
    const [before, after] = [await row(tokens), await row(changed)];
    const differ = before.some((logit, v) => logit !== after[v]);
    expectThat(differ, `logits at ${at} are the same for [${tokens}] and [${changed}]`);
    return true;
  },
  canaries: [
    decoderCanary("every second token of a call is read as token 0", (decoder) =>
      withSequences(decoder, (sequence) => ({
        appendAll: (tokens) => sequence.appendAll(tokens.map((token, i) => (i % 2 ? 0 : token))),
      })),
    ),
  ],
});

/**
 * Returns true if two tokens must be distinguished. A norm can make two embeddings equal: RMSNorm
 * removes a common scale, LayerNorm also a common shift, and narrow rows have little else.
 */
function distinguishable(model: Candidate["model"], a: number, b: number): boolean {
  if (model === null) return true;
  const { hiddenSize: D } = model.config;
  const row = (token: number) => model.weights.embedTokens.subarray(token * D, (token + 1) * D);
  return D > 3 && row(a).some((value, d) => value !== row(b)[d]);
}
