import fc from "fast-check";
import { type Twin, tokensOf, twins, twinsOf } from "../arbitraries/tokens.ts";
import type { Candidate } from "../subjects/subject.ts";
import { law } from "./law.ts";
import { decoderCanary } from "./support/canary.ts";
import { expectNextLogits } from "./support/expect.ts";
import { freshLogits } from "./support/fresh-logits.ts";
import { violationOn } from "./support/violation.ts";
import { withSequences } from "./support/wrapped.ts";

interface Reuse {
  candidate: Candidate;
  long: number[];
  short: number[];
  twin: Twin;
}

export const sequenceReuse = law<Reuse>({
  id: "sequence-reuse",
  name: "an earlier sequence changes nothing for a later one",
  chapter: "memory",
  statement:
    "After a sequence that filled the context has ended, a new one gives the same logits as before it, and the same as a newly built decoder; so does a text with an id that is a power of two away.",
  source: "a decoder is a pure function; two different inputs in a row reveal stuck state",
  catches:
    "buffers that still hold the last request, frequencies rescaled by a long one and kept, shapes of the first call, prefix caches that compare a part of each id",
  needs: [],
  precondition: { name: "the sequence before was at least twice as long", floor: 0.6 },
  cases: (subject, sizes) =>
    fc.record({
      candidate: subject.candidates,
      long: sizes.tokens(1, 4),
      short: sizes.tokens(1, 5),
      twin: twins(),
    }),
  check: async ({ candidate, ...raw }, subject) => {
    const { model } = candidate;
    const built = subject.build !== null && model !== null;
    const decoder = built ? subject.build(model) : candidate.decoder;
    const { maxPositionEmbeddings: P } = decoder.config;
    const [short, twin] = twinsOf(decoder.config, tokensOf(decoder.config, raw.short), raw.twin);
    const pattern = tokensOf(decoder.config, raw.long);
    const long = Array.from({ length: P }, (_, t) => pattern[t % pattern.length]);
    const before = await freshLogits(decoder, short);
    const filled = await freshLogits(decoder, long);
    const after = await freshLogits(decoder, short);
    expectNextLogits(`${P} tokens later`, short, after, before, subject.repeatable);
    if (built) {
      const anew = async (tokens: number[]) => freshLogits(subject.build!(model), tokens);
      expectNextLogits("built anew", short, after, await anew(short), subject.repeatable);
      const second = await freshLogits(decoder, twin);
      expectNextLogits(`after [${short}]`, twin, second, await anew(twin), subject.repeatable);
      expectNextLogits("built anew", long, filled, await anew(long), subject.repeatable);
    }
    return P >= 2 * short.length;
  },
  canaries: [
    decoderCanary(
      "logits depend on the length of the longest sequence so far",
      (decoder, model, subject) => {
        let longest = 0;
        return withSequences(decoder, (sequence) => ({
          append: async (tokens) => {
            const logits = await sequence.append(tokens);
            longest = Math.max(longest, sequence.length);
            return violationOn(subject, model)(logits, longest - sequence.length);
          },
        }));
      },
    ),
  ],
});
