import type { Logits } from "../logits.ts";
import { softmax } from "../math/softmax.ts";
import type { Random } from "../random.ts";
import { draw } from "./draw.ts";
import { greedy } from "./greedy.ts";
import { temperatureScale } from "./temperature.ts";
import { topK } from "./top-k.ts";
import { topP } from "./top-p.ts";

/** How a token is chosen from logits; what is left out leaves the distribution as it is. */
export interface SamplingOptions {
  /** T; 0 is greedy and never consults the random source. Default 1. */
  readonly temperature?: number;
  /** k; 0 keeps all. Default 0. */
  readonly topK?: number;
  /** p; 1 keeps all. Default 1. */
  readonly topP?: number;
}

/** The first seed's "production default": temperature 0.8, top-k 10, top-p 0.95. */
export const productionSampling: SamplingOptions = { temperature: 0.8, topK: 10, topP: 0.95 };

/**
 * The distribution that a token is drawn from, in the order temperature, top-k, top-p, softmax.
 * Top-p therefore reads the distribution that top-k left, renormalised.
 *
 * @returns probabilities, `[V]`; all on one token when the temperature is 0
 * @throws {RangeError} on a bad option, naming it
 */
export function distribution(logits: Logits, options: SamplingOptions): Float64Array {
  const { temperature = 1, topK: k = 0, topP: p = 1 } = options;
  if (temperature === 0) {
    const probs = new Float64Array(logits.length);
    probs[greedy(logits)] = 1;
    return probs;
  }
  return softmax(topP(topK(temperatureScale(logits, temperature), k), p));
}

/**
 * One token, drawn from {@link distribution}.
 *
 * @param random required unless the temperature is 0: a draw without a source cannot be repeated
 * @throws {TypeError} when a draw is needed and there is no random source
 * @throws {RangeError} on a bad option, naming it
 */
export function sampleToken(
  logits: Logits,
  options: SamplingOptions = {},
  random?: Random,
): number {
  if (options.temperature === 0) return greedy(logits);
  if (random === undefined) {
    const fix = "pass seededRandom(seed), or temperature 0 for greedy";
    throw new TypeError(`sampleToken: a random source must be given, got undefined; ${fix}`);
  }
  return draw(distribution(logits, options), random());
}
