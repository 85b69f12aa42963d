/** Measured noise: the effect of an arithmetic's rounding on the logits of a model. */
import { forward } from "../definition.ts";
import type { Arithmetic } from "../math/arithmetic.ts";
import { seededRandom } from "../math/random.ts";
import type { Model } from "../model/model.ts";
import { floorTokens, leastFloorUlps, noiseTries } from "./arithmetics.ts";
import { largestError } from "./compare.ts";
import { heldModel } from "./held.ts";

/**
 * Returns the noise floor of a model in an arithmetic: the largest difference of its logits from
 * those in float64, over a seeded walk through the vocabulary as long as the context allows, and
 * never less than a few units of rounding.
 *
 * An engine of that arithmetic cannot do much better; a bug does much worse. The floor is larger
 * where the model amplifies rounding, which no constant tolerance takes into account.
 */
export function noiseFloor(model: Model, arithmetic: Arithmetic): number {
  const { maxPositionEmbeddings: P, vocabSize: V } = model.config;
  const random = seededRandom(1);
  const length = Math.min(P, floorTokens);
  const tokens = Array.from({ length }, () => Math.floor(random() * V));
  const { error, largestLogit } = noise(model, tokens, arithmetic, 1);
  return Math.max(error, leastFloor(arithmetic, largestLogit));
}

/** Returns the smallest noise floor of a model whose largest logit has this magnitude. */
export function leastFloor(arithmetic: Arithmetic, largestLogit: number): number {
  return leastFloorUlps * unitOf(arithmetic) * largestLogit;
}

/**
 * Returns the noise of an arithmetic over these tokens: the largest difference of the definition's
 * logits from those in float64, in several tries.
 */
export function noiseOver(model: Model, tokens: readonly number[], arithmetic: Arithmetic): number {
  return noise(model, tokens, arithmetic, noiseTries).error;
}

/** Error of rounding 1/3, relative to 1. */
const unitOf = ({ round }: Pick<Arithmetic, "round">) => Math.abs(round(1 / 3) - 1 / 3);

/**
 * Measures the noise of an arithmetic: the first try rounds every result as the arithmetic does,
 * each further one with every result off by up to one rounding more, at random but seeded.
 */
function noise(
  model: Model,
  tokens: readonly number[],
  arithmetic: Arithmetic,
  tries: number,
): { readonly error: number; readonly largestLogit: number } {
  const { config } = model;
  const exact = forward(config, model.weights, tokens);
  const { weights } = heldModel(model, arithmetic);
  const errors = Array.from({ length: tries }, (_, i) => {
    const roundings = i === 0 ? arithmetic : blurred(arithmetic, seededRandom(i));
    return largestError(forward(config, weights, tokens, roundings), exact);
  });
  const largestLogit = exact.flat().reduce((most, logit) => Math.max(most, Math.abs(logit)), 0);
  return { error: Math.max(...errors), largestLogit };
}

/** Returns the arithmetic with every result off by up to one more of its roundings. */
function blurred(arithmetic: Arithmetic, random: () => number): Arithmetic {
  const { round, attend, activate } = arithmetic;
  const off = (one: Arithmetic["round"]) => {
    const unit = 3 * unitOf({ round: one });
    return (x: number) => one(x * (1 + unit * (2 * random() - 1)));
  };
  return {
    ...{ ...arithmetic, round: off(round) },
    ...(attend && { attend: off(attend) }),
    ...(activate && { activate: off(activate) }),
  };
}
