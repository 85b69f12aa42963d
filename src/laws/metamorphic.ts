/** Metamorphic laws: changes of a model or of its positions that leave the logits as they were. */
import fc from "fast-check";
import { rawTokens, tokensOf } from "../arbitraries/tokens.ts";
import type { Decoder } from "../decoder.ts";
import { forwardStages } from "../definition.ts";
import type { Logits } from "../math/logits.ts";
import type { Model } from "../model/model.ts";
import type { Candidate } from "../subjects/subject.ts";
import { expectAccurate } from "./accuracy.ts";
import { cold } from "./cache.ts";
import { changedModel } from "./changed-model.ts";
import { expectLast, law } from "./law.ts";
import { type Axis, axes, permutedModel } from "./permutations.ts";

interface Tokens {
  candidate: Candidate;
  tokens: number[];
}

interface Shift extends Tokens {
  cut: number;
  first: number;
  second: number;
}

export const positionShift = law<Shift>({
  code: "P-SHIFT",
  name: "only distances between positions matter",
  statement:
    "Where positions enter by rotation or not at all, tokens that start at position a give the logits of those that start at 0, and so do those at a + b, in any calls.",
  source: "Su et al. 2021 (RoFormer), equation 16: the score depends on m - n only",
  catches:
    "positions that restart with a call, a shift that is dropped, applied once of twice, or not to cached keys",
  needs: ["offset"],
  precondition: { name: "several tokens, rotated, start at a position above 0", floor: 0.2 },
  cases: (subject) =>
    fc.record({
      candidate: subject.candidates,
      tokens: rawTokens(1, 6),
      cut: fc.nat({ max: 4 }),
      first: fc.nat(),
      second: fc.nat(),
    }),
  check: async ({ candidate: { decoder, model }, tokens: raw, ...drawn }, subject) => {
    const { positions, maxPositionEmbeddings: P } = decoder.config;
    if (positions === "learned" || positions === "sinusoidal") return false;
    const tokens = tokensOf(decoder.config, raw);
    const room = P - tokens.length;
    const a = drawn.first % (room + 1);
    const b = drawn.second % (room - a + 1);
    const cut = 1 + (drawn.cut % tokens.length);
    const at = (start: number) => rowsAt(decoder, start, tokens, cut);
    const [zero, once, twice] = [await at(0), await at(a), await at(a + b)];
    for (const [i, row] of zero.entries()) {
      const held = i === 0 ? tokens.slice(0, cut) : tokens;
      const what = (start: number) => `from position ${start}, call ${i}`;
      expectAccurate(what(a), held, once[i], row, subject, model);
      expectAccurate(what(a + b), held, twice[i], row, subject, model);
    }
    return positions === "rope" && a > 0 && tokens.length > 1;
  },
});

/**
 * The logits after the first `cut` tokens and after all; where it is offered, again after a rewind
 * to the cut and in a fork from there.
 */
async function rowsAt(decoder: Decoder, start: number, tokens: number[], cut: number) {
  await using sequence = await decoder.start(start);
  const rows: Logits[] = [await sequence.append(tokens.slice(0, cut))];
  const rest = tokens.slice(cut);
  if (rest.length === 0) return rows;
  if (decoder.capabilities.has("fork")) {
    await using fork = await sequence.fork();
    rows.push(await fork.append(rest));
  }
  rows.push(await sequence.append(rest));
  if (decoder.capabilities.has("rewind")) {
    await sequence.rewind(cut);
    rows.push(await sequence.append(rest));
  }
  return rows;
}

interface Permutation extends Tokens {
  chosen: Axis[];
  seed: number;
}

export const permutation = law<Permutation>({
  code: "P-HEADPERM",
  name: "heads, units, channels and tokens have no order",
  statement:
    "A model whose query heads, groups of heads, feed-forward units, residual channels or tokens change places, with their weights, gives the same logits, in the new order of its tokens.",
  source: "sums do not depend on their order; Ainslie et al. 2023 for groups of heads",
  catches:
    "heads read from another group, tiled instead of grouped keys, biases or columns of another unit",
  needs: ["model", "build"],
  precondition: { name: "query heads change places, over several tokens", floor: 0.2 },
  cases: (subject) =>
    fc.record({
      candidate: subject.candidates,
      tokens: rawTokens(1, 6),
      chosen: fc.subarray<Axis>([...axes], { minLength: 1 }),
      seed: fc.nat({ max: 0xffff }),
    }),
  check: async ({ candidate, tokens: raw, chosen, seed }, subject) => {
    const model = candidate.model!;
    const tokens = tokensOf(model.config, raw);
    const permuted = permutedModel(model, chosen, seed);
    const { vocabulary } = permuted;
    const renamed = tokens.map((token) => vocabulary.indexOf(token));
    const logits = await cold(subject.build!(permuted.model), renamed);
    const plain = await cold(subject.build!(model), tokens);
    const expected = vocabulary.map((token) => plain[token]);
    const what = `${chosen.join(", ")} permuted by seed ${seed}`;
    expectAccurate(what, renamed, logits, expected, subject, permuted.model);
    return permuted.moved && tokens.length > 1;
  },
});

interface ScoreShift extends Tokens {
  shift: number;
}

export const scoreShift = law<ScoreShift>({
  code: "P-SOFTSHIFT",
  name: "a constant added to all scores changes nothing",
  statement:
    "Where every attention score of a row grows by the same amount, however large, the logits stay.",
  source: "softmax(x + c) = softmax(x); a key's bias along a constant entry of the query",
  catches:
    "softmax without the maximum subtracted, masks that are large numbers and not -Infinity, masks that multiply",
  needs: ["model", "build"],
  precondition: { name: "e to the shift overflows or underflows, over several tokens", floor: 0.4 },
  cases: (subject) =>
    fc.record({
      candidate: subject.candidates,
      tokens: rawTokens(1, 8),
      shift: fc.constantFrom(1, -4096, 4096, -65_536, 65_536),
    }),
  check: async ({ candidate, tokens: raw, shift }, subject) => {
    const tokens = tokensOf(candidate.decoder.config, raw);
    const shifted = withScoresShifted(candidate.model!, shift);
    const logits = await cold(subject.build!(shifted), tokens);
    const plain = await cold(subject.build!(withScoresShifted(candidate.model!, 0)), tokens);
    const added = shift / Math.sqrt(shifted.config.headDim);
    expectAccurate(`scores + ${added}`, tokens, logits, plain, subject, shifted);
    return Math.abs(added) > 745 && tokens.length > 1;
  },
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

interface Scaled extends Tokens {
  power: number;
}

/** So small that the stream's mean square swallows it, and a float32 can still hold it. */
const tinyEps = 1e-30;

export const streamScale = law<Scaled>({
  code: "P-RMSSCALE",
  name: "RMSNorm forgets the scale of the residual stream",
  statement:
    "With everything that enters the residual stream multiplied by one power of two, the logits stay: every operation before a norm scales exactly, and every norm divides the scale out.",
  source: "Zhang and Sennrich 2019, section 4.1: re-scaling invariance",
  catches:
    "an epsilon of one's own, or as large as the stream; squares that overflow; a missing final norm",
  needs: ["model", "build"],
  precondition: {
    name: "the scale is not 1, and epsilon is lost in every mean square",
    floor: 0.5,
  },
  cases: (subject) =>
    fc.record({
      candidate: subject.candidates,
      tokens: rawTokens(1, 6),
      power: fc.integer({ min: -10, max: 10 }),
    }),
  check: async ({ candidate, tokens: raw, power }, subject) => {
    const tokens = tokensOf(candidate.decoder.config, raw);
    const [plain, scaled] = [0, power].map((p) => withStreamScaled(candidate.model!, 2 ** p));
    if (!epsIsLost(plain, tokens, 4 ** Math.min(0, power))) return false;
    const expected = await cold(subject.build!(plain), tokens);
    const logits = await cold(subject.build!(scaled), tokens);
    const what = `residual stream times 2^${power}`;
    expectLast(what, tokens, logits, expected, subject.repeatable);
    return power !== 0;
  },
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
 * Whether epsilon, added to any mean square of the stream times `factor`, changes no bit. A row of
 * zeros stays one.
 */
function epsIsLost({ config, weights }: Model, tokens: number[], factor: number): boolean {
  const { embedding, layers } = forwardStages(config, weights, tokens);
  const stream = [embedding, ...layers.flatMap((layer) => [layer.afterAttention, layer.output])];
  return stream.flat().every((row) => {
    const meanSquare = (factor * row.reduce((sum, x) => sum + x * x, 0)) / row.length;
    return meanSquare === 0 || meanSquare > tinyEps * 2 ** 60;
  });
}
