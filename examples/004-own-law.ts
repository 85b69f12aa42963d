/**
 * A law of your own. It contains its canary, a violation that it must detect on the engine under
 * test; without one, the law does not compile.
 */
import { decoderCanary, expectNextLogits, fc, law, tokensOf, withSequences } from "causalgate";

export const emptyRewind = law({
  id: "empty-rewind",
  name: "a rewind to the current length changes nothing",
  statement: "After a rewind to its own length, a sequence continues as if there had been none.",
  source: "rewind drops the tokens at position `length` or later, and here there are none",
  catches: "rewinds that always drop a token, or the whole cache",
  needs: ["rewind"],
  precondition: { name: "at least two tokens before the rewind", floor: 0.5 },
  cases: ({ candidates }, sizes) => fc.record({ candidate: candidates, raw: sizes.tokens(2, 8) }),
  check: async ({ candidate: { decoder }, raw }, { repeatable }) => {
    const tokens = tokensOf(decoder.config, raw);
    const [before, last] = [tokens.slice(0, -1), tokens.slice(-1)];
    const plain = await decoder.start();
    const expected = await plain.append(tokens);
    const rewound = await decoder.start();
    await rewound.append(before);
    await rewound.rewind(before.length);
    expectNextLogits("rewound", tokens, await rewound.append(last), expected, repeatable);
    return before.length > 1;
  },
  canaries: [
    decoderCanary("a rewind to the current length drops a token", (decoder) =>
      withSequences(decoder, (sequence) => ({
        rewind: (length) => sequence.rewind(Math.min(length, sequence.length - 1)),
      })),
    ),
  ],
});
