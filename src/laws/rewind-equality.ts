import fc from "fast-check";
import { tokensOf } from "../arbitraries/tokens.ts";
import { law } from "./law.ts";
import { decoderCanary } from "./support/canary.ts";
import { expectNextLogits, expectThat } from "./support/expect.ts";
import { freshLogits, type TokenCase } from "./support/fresh-logits.ts";
import { withSequences } from "./support/wrapped.ts";

interface Rollback extends TokenCase {
  wrong: number[];
  right: number[];
}

export const rewindEquality = law<Rollback>({
  id: "rewind-equality",
  name: "a rewound sequence is one that never held the removed tokens",
  chapter: "cache",
  statement:
    "After tokens were appended and removed by a rewind, the sequence continues like one that never held them.",
  source: "speculative decoding rejects drafts; Leviathan et al. 2023",
  catches: "stale keys, a length that is not reset, a rewind that is one off",
  needs: ["rewind"],
  precondition: { name: "the removed tokens differ from those that follow", floor: 0.5 },
  cases: (subject, sizes) =>
    fc.record({
      candidate: subject.candidates,
      tokens: sizes.tokens(1, 5),
      wrong: sizes.tokens(1, 5),
      right: sizes.tokens(1, 5),
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
    expectThat(sequence.length === tokens.length, `length after a rewind is ${sequence.length}`);
    const held = [...tokens, ...right];
    const rewound = await sequence.append(right);
    const what = `[${wrong}] taken back`;
    expectNextLogits(what, held, rewound, await freshLogits(decoder, held), subject.repeatable);
    return wrong.join() !== right.join();
  },
  canaries: [
    decoderCanary("a rewind keeps one token too many", (decoder) =>
      withSequences(decoder, (sequence) => {
        let kept = 0; // tokens that the inner sequence holds and should not
        return {
          get length() {
            return sequence.length - kept;
          },
          append: (tokens) => sequence.append(tokens),
          rewind: async (length) => {
            const wanted = Math.min(length + kept + 1, sequence.length);
            await sequence.rewind(wanted);
            kept = wanted - length;
          },
        };
      }),
    ),
  ],
});
