import fc from "fast-check";
import { tokensOf } from "../arbitraries/tokens.ts";
import { forward } from "../definition.ts";
import type { Candidate } from "../subjects/subject.ts";
import { accuracyOf } from "../tolerance/measured.ts";
import { law } from "./law.ts";
import { decoderCanary } from "./support/canary.ts";
import { changedModel } from "./support/changed-model.ts";
import { expectLogits } from "./support/expect.ts";
import { violationOn } from "./support/violation.ts";
import { withSequences } from "./support/wrapped.ts";

interface Long {
  candidate: Candidate;
  pattern: number[];
  length: number;
  flat: boolean;
}

export const errorGrowth = law<Long>({
  id: "error-growth",
  name: "the error does not outgrow its bound with the length",
  chapter: "numerics",
  statement:
    "Over contexts many times longer than those of the other laws, every row matches the definition within the noise of the decoder's arithmetic on these tokens.",
  source: "Higham 2002, section 3.1: a sum of n numbers is off by at most n units of rounding",
  catches:
    "sums that saturate or drift over long rows, angles in too few bits, tables that are too short",
  needs: ["model", "build", "all-rows"],
  precondition: { name: "at least 48 tokens are attended to", floor: 0.3 },
  share: 1 / 8,
  cases: (subject, sizes) =>
    fc.record({
      candidate: subject.candidates,
      pattern: sizes.tokens(1, 8),
      length: fc.constantFrom(32, 48, 64),
      flat: fc.boolean(),
    }),
  check: async ({ candidate, pattern, length, flat }, subject) => {
    const { slidingWindow, positions } = candidate.model!.config;
    // A table of learned positions has no rows for the new length.
    const placed = positions === "learned" ? { positions: "none" as const } : {};
    const long = { maxPositionEmbeddings: length, ...placed };
    // Idle queries make every score 0, and the probabilities as flat as they can be.
    const model = changedModel(candidate.model!, long, (name, data) => {
      if (flat && /q_proj/.test(name)) data.fill(0);
    });
    const ids = tokensOf(model.config, pattern);
    const tokens = Array.from({ length }, (_, t) => ids[(t * t) % ids.length]);
    const expected = forward(model.config, model.weights, tokens);
    await using decoder = subject.build!(model);
    await using sequence = await decoder.start();
    const rows = await sequence.appendAll(tokens);
    const tolerance = accuracyOf(subject, model, tokens, rows, expected);
    expectLogits(`over ${length} tokens`, rows, expected, tolerance);
    return length >= 48 && slidingWindow === null;
  },
  canaries: [
    decoderCanary(
      "logits drift by more than their tolerance a token",
      (decoder, model, subject) => {
        const violate = violationOn(subject, model);
        return withSequences(decoder, (sequence) => ({
          appendAll: async (tokens) => (await sequence.appendAll(tokens)).map(violate),
        }));
      },
    ),
  ],
});
