import fc from "fast-check";
import { tokensOf } from "../arbitraries/tokens.ts";
import type { Model } from "../model/model.ts";
import { law } from "./law.ts";
import { expectAccurate } from "./support/accuracy.ts";
import { decoderCanary } from "./support/canary.ts";
import { changedModel } from "./support/changed-model.ts";
import { freshLogits, type TokenCase } from "./support/fresh-logits.ts";
import { leaking } from "./support/wrapped.ts";

interface ScoreShift extends TokenCase {
  shift: number;
}

export const scoreShift = law<ScoreShift>({
  id: "score-shift",
  name: "a constant added to all scores changes nothing",
  chapter: "conventions",
  statement:
    "Adding the same amount, however large, to every attention score of a row leaves the logits unchanged.",
  source: "softmax(x + c) = softmax(x); a key's bias along a constant entry of the query",
  catches:
    "softmax without the maximum subtracted, masks that are large numbers and not -Infinity, masks that multiply",
  needs: ["model", "build"],
  precondition: { name: "e to the shift overflows or underflows, over several tokens", floor: 0.4 },
  cases: (subject, sizes) =>
    fc.record({
      candidate: subject.candidates,
      tokens: sizes.tokens(1, 8),
      shift: fc.constantFrom(1, -4096, 4096, -65_536, 65_536),
    }),
  check: async ({ candidate, tokens: raw, shift }, subject) => {
    const tokens = tokensOf(candidate.decoder.config, raw);
    const shifted = withScoresShifted(candidate.model!, shift);
    const logits = await freshLogits(subject.build!(shifted), tokens);
    const plain = await freshLogits(subject.build!(withScoresShifted(candidate.model!, 0)), tokens);
    const added = shift / Math.sqrt(shifted.config.headDim);
    expectAccurate(`scores + ${added}`, tokens, logits, plain, subject, shifted);
    return Math.abs(added) > 745 && tokens.length > 1;
  },
  canaries: [
    decoderCanary("the bias of the last key leaks into the logits", (decoder, model) =>
      leaking(decoder, model, ({ weights }) => weights.layers[0].kProj.bias?.at(-1) ?? 0),
    ),
  ],
});

/**
 * The model with the last entry of every head set apart: 1 in queries, `shift` in keys, so that
 * every score has `shift / sqrt(H)` added to it. RoPE and head norms would turn that entry; a model
 * that has them there goes without.
 */
function withScoresShifted(model: Model, shift: number): Model {
  const { positions, partialRotaryFactor, headDim: H } = model.config;
  const turned = positions === "rope" && partialRotaryFactor === 1;
  const only = {
    qkNorm: false,
    attentionBias: true,
    ...(turned && { positions: "none" as const }),
  };
  return changedModel(model, only, (name, data, [, width = 1]) => {
    const [, projection, kind] = /([qk])_proj\.(weight|bias)$/.exec(name) ?? [];
    if (projection === undefined) return;
    const value = kind === "weight" ? 0 : projection === "q" ? 1 : shift;
    for (let end = H * width; end <= data.length; end += H * width) {
      data.fill(value, end - width, end);
    }
  });
}
