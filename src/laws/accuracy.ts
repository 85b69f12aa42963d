import { forward } from "../definition.ts";
import type { Arithmetic } from "../math/arithmetic.ts";
import type { Logits } from "../math/logits.ts";
import { seededRandom } from "../math/random.ts";
import type { Model } from "../model/model.ts";
import type { Subject } from "../subjects/subject.ts";
import { firstDifference, headroom, largestError, type Tolerance } from "../tolerance/compare.ts";
import { expectLast } from "./law.ts";

/** float64 with 13 of its 53 bits rounded away, by Veltkamp's splitting. */
const bits40: Arithmetic = {
  round: (x) => {
    const shifted = x * (2 ** 13 + 1);
    return shifted - (shifted - x);
  },
  products: () => {},
};

/** Errors below this share of the subject's accuracy need no closer look. */
const unsuspicious = 1 / 16;

/**
 * How far rows of logits may be from those that another way of computing the same model gives,
 * where float64 does not make the two bit for bit the same.
 *
 * Some models amplify rounding a thousandfold, which no constant knows. Where rows are suspiciously
 * far apart, they may be off by the subject's accuracy and the noise of the definition in its
 * arithmetic; a float64 subject by the noise of 40 bits, which is 8192 times its own.
 *
 * @param model whose logits these are, over `tokens`; null where nobody can say
 */
export function accuracyOf(
  { accurate, noise }: Subject,
  model: Model | null,
  tokens: readonly number[],
  actual: readonly Logits[],
  expected: readonly ArrayLike<number>[],
): Tolerance {
  if (model === null || accurate === "bitwise") return accurate;
  const absolute = accurate.absolute * unsuspicious;
  const close = { absolute, relative: accurate.relative * unsuspicious };
  if (firstDifference(actual, expected, close) === null) return accurate;
  const floor = noiseOver(model, tokens, noise ?? bits40);
  const allowed = noise === null ? floor : headroom * floor;
  return { ...accurate, absolute: accurate.absolute + allowed };
}

/** How often rounding is tried anew: where attention nearly ties, one try may be off by nothing. */
const tries = 4;

/**
 * The noise of an arithmetic over these very tokens: the largest difference of the definition's
 * logits from those in float64, as the arithmetic rounds, and with every result off by up to one
 * rounding more, at random but the same each time.
 */
export function noiseOver(
  { config, weights }: Model,
  tokens: readonly number[],
  arithmetic: Arithmetic,
): number {
  const exact = forward(config, weights, tokens);
  const unit = 3 * Math.abs(arithmetic.round(1 / 3) - 1 / 3);
  const errors = Array.from({ length: tries }, (_, i) => {
    const random = seededRandom(i);
    const off = (x: number) => arithmetic.round(x * (1 + unit * (2 * random() - 1)));
    const round = i === 0 ? arithmetic.round : off;
    return largestError(forward(config, weights, tokens, { ...arithmetic, round }), exact);
  });
  return Math.max(...errors);
}

/** As `expectLast`, at the subject's accuracy on this model, see {@link accuracyOf}. */
export function expectAccurate(
  what: string,
  tokens: readonly number[],
  actual: Logits,
  expected: ArrayLike<number>,
  subject: Subject,
  model: Model | null,
): void {
  const tolerance = accuracyOf(subject, model, tokens, [actual], [expected]);
  expectLast(what, tokens, actual, expected, tolerance);
}
