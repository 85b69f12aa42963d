/** Tolerances of one case: a subject's tolerance with the noise of the model and tokens at hand. */
import { NotOffered } from "../decoder.ts";
import type { Arithmetic } from "../math/arithmetic.ts";
import type { Logits } from "../math/logits.ts";
import type { Model } from "../model/model.ts";
import { bits40, runsCompared, suspicious } from "./arithmetics.ts";
import { type ErrorBound, firstDifference, type LogitDifference } from "./compare.ts";
import { heldModel } from "./held.ts";
import { noiseFloor, noiseOver } from "./noise.ts";
import type { SubjectTolerance } from "./subject-tolerance.ts";

const floors = new WeakMap<Model, Map<Arithmetic, number>>();

/** Returns the noise floor, which is measured once for each model and arithmetic. */
function floorOf(model: Model, arithmetic: Arithmetic): number {
  const known = floors.get(model) ?? new Map<Arithmetic, number>();
  const floor = known.get(arithmetic) ?? noiseFloor(model, arithmetic);
  floors.set(model, known.set(arithmetic, floor));
  return floor;
}

/**
 * Returns the subject with the tolerances of this one model.
 *
 * @throws {NotOffered} if the definition's logits are not finite in the subject's arithmetic
 */
export function withMeasuredTolerance<S extends SubjectTolerance>(subject: S, model: Model): S {
  const { noise, headroom, overridden } = subject;
  if (noise === null || overridden) return subject;
  const [all, rounding] = [model, heldModel(model, noise)].map((one) => floorOf(one, noise));
  if (!Number.isFinite(all + rounding)) {
    const must = `the logits of the definition must be finite in ${noise.name ?? "its arithmetic"}`;
    throw new NotOffered(`${must}, got ${model.name}, where one is not`);
  }
  const accurate: ErrorBound = { absolute: headroom * all, relative: 0 };
  const apart: ErrorBound = { absolute: runsCompared * headroom * rounding, relative: 0 };
  const repeatable = subject.repeatable === "bitwise" ? "bitwise" : apart;
  return { ...subject, repeatable, accurate };
}

/**
 * Returns the allowed error of rows of logits against those that another way of computing the same
 * model gives, where float64 does not make the two bit for bit the same. If rows are suspiciously
 * far apart, the noise of these very tokens is added.
 *
 * @param model the model with these logits over `tokens`; null if it is unknown
 */
export function accuracyOf(
  { accurate, noise, headroom, overridden }: SubjectTolerance,
  model: Model | null,
  tokens: readonly number[],
  actual: readonly Logits[],
  expected: readonly ArrayLike<number>[],
): ErrorBound {
  if (model === null || overridden) return accurate;
  const share = noise === null ? suspicious.share : suspicious.floors / headroom;
  const close = { absolute: share * accurate.absolute, relative: share * accurate.relative };
  if (firstDifference(actual, expected, close) === null) return accurate;
  const floor = noiseOver(model, tokens, noise ?? bits40);
  const allowed = noise === null ? floor : headroom * floor;
  return { ...accurate, absolute: accurate.absolute + allowed };
}

/**
 * Returns true if a difference outside the tolerance is explained by the noise of the subject's
 * arithmetic over these very tokens. Measured only for such a difference, as it takes several
 * passes.
 */
export function isNoise(
  { error, allowed }: LogitDifference,
  { noise, headroom, overridden }: SubjectTolerance,
  model: Model,
  tokens: readonly number[],
): boolean {
  if (noise === null || overridden || allowed === 0) return false;
  const rounding = noiseOver(heldModel(model, noise), tokens, noise);
  return error <= allowed + runsCompared * headroom * rounding;
}
