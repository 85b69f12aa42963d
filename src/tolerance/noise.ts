import { forward } from "../definition.ts";
import type { Arithmetic } from "../math/arithmetic.ts";
import { seededRandom } from "../math/random.ts";
import type { Model } from "../model/model.ts";
import type { Subject } from "../subjects/subject.ts";
import { headroom, largestError, type Tolerance } from "./compare.ts";

/** The least floor, in units of the arithmetic's own rounding of the largest logit. */
const leastUlps = 4;

/**
 * The noise floor of a model under an arithmetic: the largest difference of its logits from those
 * in float64, over a seeded walk through the vocabulary as long as the context, 32 tokens at most.
 *
 * An engine of that arithmetic cannot do much better; a bug does much worse. The floor grows where
 * the model amplifies rounding, which no constant tolerance knows.
 */
export function noiseFloor({ config, weights }: Model, arithmetic: Arithmetic): number {
  const random = seededRandom(1);
  const length = Math.min(config.maxPositionEmbeddings, 32);
  const tokens = Array.from({ length }, () => Math.floor(random() * config.vocabSize));
  const exact = forward(config, weights, tokens);
  const rounded = forward(config, weights, tokens, arithmetic);
  const largest = exact.flat().reduce((most, logit) => Math.max(most, Math.abs(logit)), 0);
  const ulp = Math.abs(arithmetic.round(1 / 3) - 1 / 3) * largest;
  return Math.max(largestError(rounded, exact), leastUlps * ulp);
}

/** How far an engine of this arithmetic may be from the definition's logits of the model. */
export function noiseAllowance(model: Model, arithmetic: Arithmetic): number {
  return headroom * noiseFloor(model, arithmetic);
}

const floors = new WeakMap<Model, number>();

/** The subject with the tolerances of this one model. */
export function withMeasuredTolerance(subject: Subject, model: Model): Subject {
  if (subject.noise === null) return subject;
  const floor = floors.get(model) ?? noiseFloor(model, subject.noise);
  floors.set(model, floor);
  const measured: Tolerance = { absolute: headroom * floor, relative: 0 };
  // Two runs may be off on either side of what is exact.
  const apart: Tolerance = { ...measured, absolute: 2 * measured.absolute };
  const repeatable = subject.repeatable === "bitwise" ? "bitwise" : apart;
  return { ...subject, repeatable, accurate: measured };
}
