import fc from "fast-check";
import { tokensOf } from "../arbitraries/tokens.ts";
import type { Decoder } from "../decoder.ts";
import { law } from "./law.ts";
import { decoderCanary } from "./support/canary.ts";
import { expectNextLogits } from "./support/expect.ts";
import type { TokenCase } from "./support/fresh-logits.ts";
import { violationOn } from "./support/violation.ts";
import { withSequences } from "./support/wrapped.ts";

export const determinism = law<TokenCase & { readonly times: number; readonly first: number }>({
  id: "determinism",
  name: "the same calls, the same answer",
  chapter: "memory",
  statement: "The same calls in a new sequence give the same logits, however often they are made.",
  source: "the definition: logits are a function of the tokens",
  catches:
    "races between threads, memory that is read before it is written, state shared by sequences",
  needs: [],
  precondition: { name: "at least two calls, made three times", floor: 0.3 },
  cases: (subject, sizes) =>
    fc.record({
      candidate: subject.candidates,
      tokens: sizes.tokens(2, 8),
      times: fc.integer({ min: 2, max: 5 }),
      first: fc.integer({ min: 1, max: 3 }),
    }),
  check: async ({ candidate: { decoder }, tokens: raw, times, first }, subject) => {
    const tokens = tokensOf(decoder.config, raw);
    const calls = [tokens.slice(0, first), tokens.slice(first)].filter(({ length }) => length > 0);
    const expected = await answer(decoder, calls);
    for (let time = 2; time <= times; time++) {
      const what = `the same calls, series ${time} of ${times}`;
      expectNextLogits(what, tokens, await answer(decoder, calls), expected, subject.repeatable);
    }
    return calls.length > 1 && times > 2;
  },
  canaries: [
    decoderCanary("every second sequence gives other logits", (decoder, model, subject) => {
      let started = 0;
      return withSequences(decoder, (sequence) => {
        const violations = started++ % 2;
        const violate = violationOn(subject, model);
        return { append: async (tokens) => violate(await sequence.append(tokens), violations) };
      });
    }),
  ],
});

/** Returns a copy of the logits after the last call of a new sequence. */
async function answer(decoder: Decoder, calls: readonly (readonly number[])[]) {
  await using sequence = await decoder.start();
  let logits = new Float64Array();
  for (const tokens of calls) logits = Float64Array.from(await sequence.append(tokens));
  return logits;
}
