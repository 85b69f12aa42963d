import fc from "fast-check";
import { tokensOf } from "../arbitraries/tokens.ts";
import { law } from "./law.ts";
import { decoderCanary } from "./support/canary.ts";
import { expectNextLogits } from "./support/expect.ts";
import { freshLogits } from "./support/fresh-logits.ts";
import { expectSequenceRefuses, type FilledCase } from "./support/refused-calls.ts";
import { withSequences } from "./support/wrapped.ts";

interface Illegal extends FilledCase {
  bad: number;
  at: number;
}

export const illegalInput = law<Illegal>({
  id: "illegal-input",
  name: "illegal input is refused and changes nothing",
  chapter: "numerics",
  statement:
    "No token, or an id that is not an integer in [0, V), is an error, which leaves the sequence as it was.",
  source: "array bounds: an id outside the embedding reads another model's memory",
  catches:
    "ids that are clamped or wrapped, half-appended calls, errors after the cache was written",
  needs: [],
  precondition: { name: "the illegal id is among legal ones", floor: 0.3 },
  cases: (subject, sizes) =>
    fc.record({
      candidate: subject.candidates,
      raw: sizes.tokens(1, 5),
      bad: fc.oneof(fc.constantFrom(-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY), fc.nat(9)),
      at: fc.nat(),
    }),
  check: async ({ candidate: { decoder }, raw, bad, at }, subject) => {
    const { config } = decoder;
    const tokens = tokensOf(config, raw, config.maxPositionEmbeddings - 1);
    const illegal = Number.isInteger(bad) && bad >= 0 ? config.vocabSize + bad : bad;
    const call = tokens.with(at % tokens.length, illegal);
    await using sequence = await decoder.start();
    await sequence.append(tokens);
    await expectSequenceRefuses(sequence, "no token", () => sequence.append([]));
    await expectSequenceRefuses(sequence, `[${call}]`, () => sequence.append(call));
    const held = [...tokens, tokens[0]];
    const what = `[${call}] refused`;
    const logits = await sequence.append(tokens.slice(0, 1));
    expectNextLogits(what, held, logits, await freshLogits(decoder, held), subject.repeatable);
    return tokens.length > 1;
  },
  canaries: [
    decoderCanary("illegal ids are clamped", (decoder) => {
      const last = decoder.config.vocabSize - 1;
      const clamp = (token: number) => Math.max(0, Math.min(last, Math.trunc(token) || 0));
      return withSequences(decoder, (sequence) => ({
        append: (tokens) => sequence.append(tokens.map(clamp)),
      }));
    }),
  ],
});
