import fc from "fast-check";
import { tokensOf } from "../arbitraries/tokens.ts";
import { forwardStages } from "../definition.ts";
import type { Model } from "../model/model.ts";
import { law } from "./law.ts";
import { buildCanary } from "./support/canary.ts";
import { changedModel } from "./support/changed-model.ts";
import { expectNextLogits } from "./support/expect.ts";
import { freshLogits, type TokenCase } from "./support/fresh-logits.ts";

interface Scaled extends TokenCase {
  power: number;
}

/** So small that the stream's mean square swallows it, and a float32 can still hold it. */
const tinyEps = 1e-30;

export const rmsnormScale = law<Scaled>({
  id: "rmsnorm-scale",
  name: "RMSNorm removes the scale of the residual stream",
  chapter: "conventions",
  statement:
    "Multiplying everything that enters the residual stream by one power of two leaves the logits unchanged: every operation before a norm scales exactly, and every norm divides the scale out.",
  source: "Zhang and Sennrich 2019, section 4.1: re-scaling invariance",
  catches:
    "an epsilon other than the configuration's, or as large as the stream; squares that overflow; a missing final norm",
  needs: ["model", "build"],
  precondition: {
    name: "the scale is not 1, and epsilon is lost in every mean square",
    floor: 0.5,
  },
  cases: (subject, sizes) =>
    fc.record({
      candidate: subject.candidates,
      tokens: sizes.tokens(1, 6),
      power: fc.integer({ min: -10, max: 10 }),
    }),
  check: async ({ candidate, tokens: raw, power }, subject) => {
    const tokens = tokensOf(candidate.decoder.config, raw);
    const [plain, scaled] = [0, power].map((p) => withStreamScaled(candidate.model!, 2 ** p));
    if (!epsIsLost(plain, tokens, 4 ** Math.min(0, power))) return false;
    const expected = await freshLogits(subject.build!(plain), tokens);
    const logits = await freshLogits(subject.build!(scaled), tokens);
    const what = `residual stream times 2^${power}`;
    expectNextLogits(what, tokens, logits, expected, subject.repeatable);
    return power !== 0;
  },
  canaries: [
    buildCanary("epsilon is 1e-5, whatever the configuration says", (model) => ({
      ...model,
      config: { ...model.config, normEps: 1e-5 },
    })),
  ],
});

/** The model with RMSNorm everywhere and all that is added to the residual stream times `scale`. */
function withStreamScaled(model: Model, scale: number): Model {
  const { positions } = model.config;
  const only = {
    norm: "rmsnorm" as const,
    normEps: tinyEps,
    finalNorm: true,
    tieWordEmbeddings: false,
    ...(positions === "sinusoidal" && { positions: "none" as const }),
  };
  return changedModel(model, only, (name, data) => {
    if (!/embed_|o_proj|down_proj/.test(name)) return;
    for (let i = 0; i < data.length; i++) data[i] *= scale;
  });
}

/**
 * Returns true if epsilon, added to any mean square of the stream times `factor`, changes no bit. A
 * row of zeros stays one.
 */
function epsIsLost({ config, weights }: Model, tokens: number[], factor: number): boolean {
  const { embedding, layers } = forwardStages(config, weights, tokens);
  const stream = [embedding, ...layers.flatMap((layer) => [layer.afterAttention, layer.output])];
  return stream.flat().every((row) => {
    const meanSquare = (factor * row.reduce((sum, x) => sum + x * x, 0)) / row.length;
    return meanSquare === 0 || meanSquare > tinyEps * 2 ** 60;
  });
}
