/** What is computed, before anything is said of its price: passes, generations, their counts. */

/** One forward pass: `newTokens` (T) appended to a sequence that holds `heldTokens` (S). */
export interface Pass {
  /** T, at least 1. */
  readonly newTokens: number;
  /** S: tokens whose keys and values are held already; 0 when absent. */
  readonly heldTokens?: number;
  /** Of how many new tokens the logits are computed, 0 to T; 1, the last one's, when absent. */
  readonly headRows?: number;
}

/**
 * `naive` runs the whole sequence again for every token; `cached` prefills the prompt and then
 * appends one token a pass.
 */
export type Mode = "naive" | "cached";

/** The lengths of one generation, and how it runs. */
export interface GenerationShape {
  readonly promptLength: number;
  /** n: tokens sampled. The first follows from the prompt alone, the last is never run itself. */
  readonly newTokens: number;
  readonly mode: Mode;
  /** Whether each pass computes the logits of its last token, which is enough, or of all. */
  readonly head?: "last" | "all";
}

/**
 * Convention for counting token-steps. `exact` counts the tokens that the loop runs. Textbooks
 * often count more: `last-sampled` adds the last token with a cache, which is sampled but never
 * run; `all-sampled` counts in every step without a cache the token that this step samples, too.
 */
export type StepConvention = "exact" | "last-sampled" | "all-sampled";

/**
 * Token-steps: how many token positions are pushed through the model to generate n tokens after a
 * prompt of P.
 *
 * `naive`: `sum of P + i over i = 0..n-1 = nP + n(n-1)/2`; `cached`: `P + n - 1`. In the
 * other conventions `nP + n(n+1)/2` (all-sampled) and `P + n` (last-sampled and all-sampled).
 *
 * @throws {RangeError} when a length is not a positive integer
 */
export function tokenSteps(
  generation: GenerationShape,
  convention: StepConvention = "exact",
): bigint {
  const { P, n } = checkGeneration("tokenSteps", generation);
  if (generation.mode === "cached") return convention === "exact" ? P + n - 1n : P + n;
  return n * P + (n * (convention === "all-sampled" ? n + 1n : n - 1n)) / 2n;
}

/** The lengths of a generation as integers that cannot overflow. */
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
 * `value` as a bigint.
 *
 * @throws {RangeError} when it is not an integer in [`least`, `most`]
 */
export function count(who: string, field: string, value: number, least = 0, most?: number): bigint {
  const small = most === undefined || value <= most;
  if (Number.isSafeInteger(value) && value >= least && small) return BigInt(value);
  const range = most === undefined ? `of at least ${least}` : `from ${least} to ${most}`;
  throw new RangeError(`${who}: ${field} must be an integer ${range}, got ${value}`);
}

/** Refuses a sequence that the model cannot hold, though it could be priced. */
export function checkContext(name: string, most: number, context: number): void {
  if (context <= most) return;
  throw new RangeError(`${name}: a sequence must hold at most ${most} tokens, got ${context}`);
}
