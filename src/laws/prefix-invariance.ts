import fc from "fast-check";
import { tokensOf } from "../arbitraries/tokens.ts";
import type { Candidate } from "../subjects/subject.ts";
import { law } from "./law.ts";
import { decoderCanary } from "./support/canary.ts";
import { expectLogits } from "./support/expect.ts";
import { violationOn } from "./support/violation.ts";
import { withSequences } from "./support/wrapped.ts";

interface TwoContinuations {
  candidate: Candidate;
  prefix: number[];
  one: number[];
  other: number[];
}

export const prefixInvariance = law<TwoContinuations>({
  id: "prefix-invariance",
  name: "the future is invisible",
  chapter: "causality",
  statement:
    "Two sequences with a common prefix have the same logits at every position of the prefix, whatever follows.",
  source: "Vaswani et al. 2017, section 3.2.3",
  catches: "a missing, inverted, shifted or transposed causal mask",
  needs: ["all-rows"],
  precondition: { name: "the continuations differ", floor: 0.5 },
  cases: (subject, sizes) =>
    fc.record({
      candidate: subject.candidates,
      prefix: sizes.tokens(1, 6),
      one: sizes.tokens(0, 6),
      other: sizes.tokens(1, 6),
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
  canaries: [
    decoderCanary("every row sees the last token", (decoder, model, subject) =>
      withSequences(decoder, (sequence) => ({
        appendAll: async (tokens) => {
          const rows = await sequence.appendAll(tokens);
          return rows.map((row) => violationOn(subject, model)(row, tokens.at(-1)! + 1));
        },
      })),
    ),
  ],
});
