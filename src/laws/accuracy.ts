import type { Arithmetic } from "../arithmetic.ts";
import { firstDifference, largestError } from "../compare.ts";
import { forward } from "../definition.ts";
import type { Logits } from "../logits.ts";
import type { Model } from "../model.ts";
import type { Subject } from "../subject.ts";
import { expectLogits } from "./law.ts";

/** float64 with 13 of its 53 bits rounded away, by Veltkamp's splitting. */
const bits40: Arithmetic = {
  round: (x) => {
    const shifted = x * (2 ** 13 + 1);
    return shifted - (shifted - x);
  },
  products: () => {},
};

/** How many times the noise of its own arithmetic an engine may be off, as in `verify`. */
const headroom = 64;

/**
 * As `expectLogits` at the subject's accuracy, for two ways of computing one model that float64 does
 * not make bit for bit the same. Some models amplify rounding a thousandfold, which no constant
 * knows: where the constant does not suffice, the case may be off by the noise of the definition in
 * the subject's arithmetic, and a float64 subject by that of 40 bits, 8192 times its own.
 *
 * @param model whose logits these are, over `tokens`; null where nobody can say
 * @throws {LawBroken} naming the first logit that is outside the tolerance
 */
export function expectAccurate(
  what: string,
  actual: readonly Logits[],
  expected: readonly ArrayLike<number>[],
  subject: Subject,
  model: Model | null,
  tokens: readonly number[],
): void {
  const { accurate, noise } = subject;
  const start = tokens.length - expected.length;
  const within = firstDifference(actual, expected, accurate, start) === null;
  if (within || model === null || accurate === "bitwise") {
    if (!within) expectLogits(what, actual, expected, accurate, start);
    return;
  }
  const { config, weights } = model;
  const rounded = forward(config, weights, tokens, noise ?? bits40);
  const floor = largestError(rounded, forward(config, weights, tokens));
  const absolute = accurate.absolute + (noise === null ? floor : headroom * floor);
  expectLogits(what, actual, expected, { ...accurate, absolute }, start);
}
