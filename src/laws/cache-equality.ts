import fc from "fast-check";
import { tokensOf } from "../arbitraries/tokens.ts";
import { law } from "./law.ts";
import { decoderCanary } from "./support/canary.ts";
import { comparedPositions } from "./support/compared-positions.ts";
import { expectNextLogits, expectThat } from "./support/expect.ts";
import { freshLogits, type TokenCase } from "./support/fresh-logits.ts";
import { withSequences } from "./support/wrapped.ts";

export const cacheEquality = law<TokenCase>({
  id: "cache-equality",
  name: "cached = uncached, at every step",
  chapter: "cache",
  statement:
    "The logits after a token are the same whether the tokens came one by one, through the cache, or all at once in a new sequence.",
  source: "the definition of a KV cache; Pope et al. 2022, section 3",
  catches: "positions that restart with every call, masks without the past, lost or misplaced keys",
  needs: [],
  precondition: { name: "at least two decode steps", floor: 0.5 },
  cases: (subject, sizes) =>
    fc.record({ candidate: subject.candidates, tokens: sizes.tokens(1, 10) }),
  check: async ({ candidate: { decoder }, tokens: raw }, subject) => {
    const tokens = tokensOf(decoder.config, raw);
    const compared = comparedPositions(tokens.length);
    await using sequence = await decoder.start();
    for (const [t, token] of tokens.entries()) {
      const held = tokens.slice(0, t + 1);
      const cached = await sequence.append([token]);
      expectThat(sequence.length === held.length, `length after [${held}] is ${sequence.length}`);
      if (!compared.has(t)) continue;
      const uncached = await freshLogits(decoder, held);
      expectNextLogits("one by one", held, cached, uncached, subject.repeatable);
    }
    return tokens.length > 2;
  },
  canaries: [
    decoderCanary("a single token ignores the tokens before it", (decoder) =>
      withSequences(decoder, (sequence) => ({
        append: async (tokens) => {
          if (tokens.length > 1) return sequence.append(tokens);
          await sequence.append(tokens);
          await using alone = await decoder.start();
          return await alone.append(tokens);
        },
      })),
    ),
  ],
});
