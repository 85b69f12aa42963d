/** Passes and generations, the work that the cost model prices. */

/** One forward pass: `newTokens` (T) appended to a sequence that holds `heldTokens` (S). */
export interface ForwardPass {
  /** T, at least 1. */
  readonly newTokens: number;
  /** S: tokens whose keys and values are already in the cache; 0 when absent. */
  readonly heldTokens?: number;
  /** Number of new tokens whose logits are computed, 0 to T; 1, the last one, when absent. */
  readonly headRows?: number;
}

/**
 * `naive` runs the whole sequence again for every token; `cached` prefills the prompt and then
 * appends one token a pass.
 */
export type CacheMode = "naive" | "cached";

/** The lengths and the mode of one generation. */
export interface GenerationShape {
  readonly promptLength: number;
  /** n: sampled tokens. The first follows from the prompt alone, the last one is never run. */
  readonly newTokens: number;
  readonly mode: CacheMode;
  /** The tokens of each pass whose logits are computed; the last one is enough. */
  readonly head?: "last" | "all";
}

/**
 * Convention for counting token-steps. `exact` counts the tokens that the loop runs. Textbooks
 * often count more: `last-sampled` adds the last token with a cache, which is sampled but never
 * run; `all-sampled` counts in every step without a cache the token that this step samples, too.
 */
export type StepConvention = "exact" | "last-sampled" | "all-sampled";

/**
 * Returns the token-steps: the number of token positions that pass through the model to generate n
 * tokens after a prompt of P.
 *
 * `naive`: `sum of P + i over i = 0..n-1 = nP + n(n-1)/2`; `cached`: `P + n - 1`. In the
 * other conventions `nP + n(n+1)/2` (all-sampled) and `P + n` (last-sampled and all-sampled).
 *
 * @throws {RangeError} if a length is not a positive integer
 */
export function tokenSteps(
  generation: GenerationShape,
  convention: StepConvention = "exact",
): bigint {
  const { P, n } = checkGeneration("tokenSteps", generation);
  if (generation.mode === "cached") return convention === "exact" ? P + n - 1n : P + n;
  return n * P + (n * (convention === "all-sampled" ? n + 1n : n - 1n)) / 2n;
}

/** Returns the lengths of a generation as bigints. */
export function checkGeneration(
  who: string,
  generation: GenerationShape,
): { P: bigint; n: bigint } {
  return {
    P: count(who, "promptLength", generation.promptLength, 1),
    n: count(who, "newTokens", generation.newTokens, 1),
  };
}

/**
 * Returns `value` as a bigint.
 *
 * @throws {RangeError} unless it is an integer in [`least`, `most`]
 */
export function count(who: string, field: string, value: number, least = 0, most?: number): bigint {
  const small = most === undefined || value <= most;
  if (Number.isSafeInteger(value) && value >= least && small) return BigInt(value);
  const range = most === undefined ? `of at least ${least}` : `from ${least} to ${most}`;
  throw new RangeError(`${who}: ${field} must be an integer ${range}, got ${value}`);
}

/** Throws if a sequence is longer than the context of the model. */
export function checkContext(name: string, most: number, context: number): void {
  if (context <= most) return;
  throw new RangeError(`${name}: a sequence must hold at most ${most} tokens, got ${context}`);
}
