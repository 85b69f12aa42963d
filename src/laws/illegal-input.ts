import fc from "fast-check";
import { illegalCounts, pick } from "../arbitraries/illegal.ts";
import { tokensOf } from "../arbitraries/tokens.ts";
import type { Decoder } from "../decoder.ts";
import type { LogitsSubject } from "../subjects/subject.ts";
import { law } from "./law.ts";
import { appendAlone } from "./support/batch.ts";
import { decoderCanary } from "./support/canary.ts";
import { expectNextLogits, expectThat } from "./support/expect.ts";
import { freshLogits } from "./support/fresh-logits.ts";
import {
  expectCallRefused,
  expectSequenceRefuses,
  type FilledCase,
  illegalBatchCalls,
  illegalSequenceCalls,
} from "./support/refused-calls.ts";
import { withSequences } from "./support/wrapped.ts";

interface Illegal extends FilledCase {
  bad: number;
  at: number;
  /** Index of a further illegal call, of all that there are. */
  other: number;
}

export const illegalInput = law<Illegal>({
  id: "illegal-input",
  name: "illegal input is refused and changes nothing",
  chapter: "numerics",
  statement:
    "No token, more tokens than fit, an id that is not an integer in [0, V), and a length, a position or a row that does not exist are errors in every call that the decoder offers, and leave the sequence or the batch as it was.",
  source: "array bounds: an id outside the embedding reads another model's memory",
  catches:
    "ids that are clamped or wrapped, negative lengths, half-appended calls, errors after the cache was written",
  needs: [],
  precondition: { name: "the illegal id is among legal ones", floor: 0.3 },
  cases: (subject, sizes) =>
    fc.record({
      candidate: subject.candidates,
      raw: sizes.tokens(1, 5),
      bad: fc.oneof(fc.constantFrom(...illegalCounts), fc.nat(9)),
      at: fc.nat(),
      other: fc.nat(),
    }),
  check: async ({ candidate: { decoder }, raw, bad, at, other }, subject) => {
    const { config } = decoder;
    const tokens = tokensOf(config, raw, config.maxPositionEmbeddings - 1);
    const illegal = Number.isInteger(bad) && bad >= 0 ? config.vocabSize + bad : bad;
    const call = tokens.with(at % tokens.length, illegal);
    await using sequence = await decoder.start();
    await sequence.append(tokens);
    await expectSequenceRefuses(sequence, "no token", () => sequence.append([]));
    await expectSequenceRefuses(sequence, `[${call}]`, () => sequence.append(call));
    const further = pick(illegalSequenceCalls(decoder, sequence), other);
    await expectSequenceRefuses(sequence, further.what, further.call);
    const held = [...tokens, tokens[0]];
    const what = `[${call}] refused`;
    const logits = await sequence.append(tokens.slice(0, 1));
    expectNextLogits(what, held, logits, await freshLogits(decoder, held), subject.repeatable);
    if (decoder.capabilities.has("batch"))
      await expectBatchRefuses(decoder, tokens, other, subject);
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

/** Expects that a batch refuses an illegal call, and then continues as if there were none. */
async function expectBatchRefuses(
  decoder: Decoder,
  tokens: readonly number[],
  which: number,
  { repeatable }: LogitsSubject,
): Promise<void> {
  await using batch = await decoder.startBatch!(2);
  const prompts = [tokens, tokens.slice(0, 1)];
  const held = await appendAlone("prompts", decoder, batch, [[], []], prompts, repeatable);
  const bad = pick(illegalBatchCalls(decoder, batch), which);
  await expectCallRefused(bad);
  const { lengths } = batch;
  const now = `${bad.what} was refused, but the lengths went to [${lengths}]`;
  expectThat(lengths.join() === held.map(({ length }) => length).join(), now);
  const next = held.map(() => tokens.slice(0, 1));
  await appendAlone(`${bad.what} refused`, decoder, batch, held, next, repeatable);
}
