import type { Logits } from "../math/logits.ts";
import type { Random } from "../math/random.ts";
import { softmax } from "../math/softmax.ts";
import { ban } from "./ban.ts";
import { draw } from "./draw.ts";
import { greedy } from "./greedy.ts";
import { minP } from "./min-p.ts";
import { frequencyPenalty, presencePenalty, repetitionPenalty } from "./penalties.ts";
import { temperatureScale } from "./temperature.ts";
import { topK } from "./top-k.ts";
import { topP } from "./top-p.ts";

/** Options of choosing a token; an absent option does not change the distribution. */
export interface SamplingOptions {
  /** Divides positive logits of tokens in the history, multiplies negative ones. Default 1. */
  readonly repetitionPenalty?: number;
  /** Subtracted from a logit for every occurrence of the token in the history. Default 0. */
  readonly frequencyPenalty?: number;
  /** Subtracted from the logit of every token in the history. Default 0. */
  readonly presencePenalty?: number;
  /** Sequences of token ids that must not appear. Default none. */
  readonly bannedSequences?: readonly (readonly number[])[];
  /** T; 0 is greedy and does not use the random source. Default 1. */
  readonly temperature?: number;
  /** k; 0 keeps all. Default 0. */
  readonly topK?: number;
  /** p; 1 keeps all. Default 1. */
  readonly topP?: number;
  /** m, a share of the largest probability; 0 keeps all. Default 0. */
  readonly minP?: number;
}

/** A common default in production: temperature 0.8, top-k 10, top-p 0.95. */
export const productionSampling: SamplingOptions = { temperature: 0.8, topK: 10, topP: 0.95 };

/**
 * Returns the distribution that a token is drawn from. Raw logits are penalised (repetition,
 * frequency, presence), then banned, then pass through temperature, top-k, top-p, min-p and
 * softmax. Each filter reads the renormalised distribution that the previous one left.
 *
 * This is the order of Hugging Face's generation, with vLLM's order among the penalties.
 *
 * @param history the ids for penalties and bans, in order
 * @returns probabilities, `[V]`; all on one token if the temperature is 0
 * @throws {RangeError} on a bad option, naming it, or logits that give no distribution
 */
export function distribution(
  logits: Logits,
  options: SamplingOptions,
  history: readonly number[] = [],
): Float64Array {
  checkLogits(logits);
  const allowed = penaliseAndBan(logits, options, history);
  if (options.temperature === 0) {
    const probs = new Float64Array(logits.length);
    probs[greedy(allowed)] = 1;
    return probs;
  }
  return softmax(scaleAndFilter(allowed, options));
}

/**
 * Returns one token, drawn from {@link distribution}.
 *
 * @param random required unless the temperature is 0: a draw without a source cannot be repeated
 * @param history the ids for penalties and bans, in order
 * @throws {TypeError} if a draw is needed and there is no random source
 * @throws {RangeError} on a bad option, naming it
 */
export function sampleToken(
  logits: Logits,
  options: SamplingOptions = {},
  random?: Random,
  history: readonly number[] = [],
): number {
  if (options.temperature === 0) return greedy(penaliseAndBan(logits, options, history));
  if (random === undefined) {
    const fix = "pass seededRandom(seed), or temperature 0 for greedy";
    throw new TypeError(`sampleToken: a random source must be given, got undefined; ${fix}`);
  }
  return draw(distribution(logits, options, history), random());
}

/** Refuses a logit that a filter could drop in silence. */
function checkLogits(logits: Logits): void {
  for (let id = 0; id < logits.length; id++) {
    if (logits[id] < Number.POSITIVE_INFINITY) continue;
    const must = `logit ${id} must be a number below Infinity`;
    throw new RangeError(`distribution: ${must}, got ${logits[id]}`);
  }
}

/** The stages that use the history; they read raw logits. */
function penaliseAndBan(
  logits: Logits,
  options: SamplingOptions,
  history: readonly number[],
): Logits {
  const { repetitionPenalty: r, frequencyPenalty: f, presencePenalty: s } = options;
  // Greedy runs no filter, but also refuses bad options of filters.
  if (options.temperature === 0) scaleAndFilter(Float64Array.of(0), { ...options, temperature: 1 });
  let row = logits;
  if (r !== undefined) row = repetitionPenalty(row, history, r);
  if (f !== undefined) row = frequencyPenalty(row, history, f);
  if (s !== undefined) row = presencePenalty(row, history, s);
  const sequences = options.bannedSequences;
  return sequences === undefined ? row : ban(row, history, sequences);
}

/** The stages that shape the distribution, each on the result of the previous one. */
function scaleAndFilter(logits: Logits, options: SamplingOptions): Logits {
  const { temperature, topK: k, topP: p, minP: m } = options;
  let row = logits;
  if (temperature !== undefined) row = temperatureScale(row, temperature);
  if (k !== undefined) row = topK(row, k);
  if (p !== undefined) row = topP(row, p);
  return m === undefined ? row : minP(row, m);
}
