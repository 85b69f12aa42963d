import fc from "fast-check";
import { tokensOf } from "../arbitraries/tokens.ts";
import { law } from "./law.ts";
import { expectAccurate } from "./support/accuracy.ts";
import { decoderCanary } from "./support/canary.ts";
import { freshLogits, type TokenCase } from "./support/fresh-logits.ts";
import { type PermutablePart, permutableParts, permutedModel } from "./support/permuted-model.ts";
import { leaking } from "./support/wrapped.ts";

interface Permutation extends TokenCase {
  chosen: PermutablePart[];
  seed: number;
}

export const weightPermutation = law<Permutation>({
  id: "weight-permutation",
  name: "heads, units, channels and tokens have no order",
  chapter: "conventions",
  statement:
    "A model whose query heads, groups of heads, feed-forward units, residual channels or tokens change places, with their weights, gives the same logits, in the new order of its tokens.",
  source: "sums do not depend on their order; Ainslie et al. 2023 for groups of heads",
  catches:
    "heads read from another group, tiled instead of grouped keys, biases or columns of another unit",
  needs: ["model", "build"],
  precondition: { name: "query heads change places, over several tokens", floor: 0.2 },
  cases: (subject, sizes) =>
    fc.record({
      candidate: subject.candidates,
      tokens: sizes.tokens(1, 6),
      chosen: fc.subarray<PermutablePart>([...permutableParts], { minLength: 1 }),
      seed: fc.nat({ max: 0xffff }),
    }),
  check: async ({ candidate, tokens: raw, chosen, seed }, subject) => {
    const model = candidate.model!;
    const tokens = tokensOf(model.config, raw);
    const permuted = permutedModel(model, chosen, seed);
    const { vocabulary } = permuted;
    const renamed = tokens.map((token) => vocabulary.indexOf(token));
    const logits = await freshLogits(subject.build!(permuted.model), renamed);
    const plain = await freshLogits(subject.build!(model), tokens);
    const expected = vocabulary.map((token) => plain[token]);
    const what = `${chosen.join(", ")} permuted by seed ${seed}`;
    expectAccurate(what, renamed, logits, expected, subject, permuted.model);
    return permuted.moved && tokens.length > 1;
  },
  canaries: [
    decoderCanary("the first query leaks into the logits", (decoder, model) =>
      leaking(decoder, model, ({ weights }) => weights.layers[0].qProj.weight[0]),
    ),
  ],
});
