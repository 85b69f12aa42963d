import fc from "fast-check";
import { tokensOf } from "../arbitraries/tokens.ts";
import { law } from "./law.ts";
import { decoderCanary } from "./support/canary.ts";
import { expectNextLogits } from "./support/expect.ts";
import { freshLogits } from "./support/fresh-logits.ts";
import { expectSequenceRefuses, type FilledCase } from "./support/refused-calls.ts";
import { withSequences } from "./support/wrapped.ts";

export const contextLimit = law<FilledCase>({
  id: "context-limit",
  name: "the context is usable to its last position and no further",
  chapter: "cache",
  statement:
    "A sequence takes exactly P tokens; one more is an error, after which the sequence is unchanged.",
  source: "config.max_position_embeddings",
  catches: "tables that are too short, limits that are one off, silent wrap-around",
  needs: [],
  precondition: { name: "the sequence was filled", floor: 0.9 },
  cases: (subject, sizes) => fc.record({ candidate: subject.candidates, raw: sizes.tokens(1, 4) }),
  check: async ({ candidate: { decoder }, raw }, subject) => {
    const { maxPositionEmbeddings: P } = decoder.config;
    const pattern = tokensOf(decoder.config, raw);
    const full = Array.from({ length: P }, (_, t) => pattern[t % pattern.length]);
    await using sequence = await decoder.start();
    await sequence.append(full.slice(0, -1));
    await expectSequenceRefuses(sequence, `2 tokens with ${P - 1} of ${P} held`, () =>
      sequence.append([0, 0]),
    );
    const last = await sequence.append(full.slice(-1));
    expectNextLogits("filled", full, last, await freshLogits(decoder, full), subject.repeatable);
    await expectSequenceRefuses(sequence, `token ${P + 1} of ${P}`, () => sequence.append([0]));
    return true;
  },
  canaries: [
    decoderCanary("the last position is refused", (decoder) =>
      withSequences(decoder, (sequence) => ({
        append: async (tokens) => {
          if (sequence.length + tokens.length >= decoder.config.maxPositionEmbeddings) {
            throw new RangeError("append: full");
          }
          return sequence.append(tokens);
        },
      })),
    ),
  ],
});
