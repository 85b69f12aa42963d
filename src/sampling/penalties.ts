/**
 * Penalties on tokens that have been seen: each lowers their raw logits, before temperature, and
 * leaves every other logit as it is. What counts as seen is for the caller to say.
 */
import type { Logits } from "../math/logits.ts";
import { checkIds } from "./ids.ts";

/**
 * Repetition penalty: a seen token's logit is divided by `penalty` when it is positive and
 * multiplied by it when it is negative, once, however often the token was seen.
 *
 * The paper divides whatever the sign, which raises a negative logit; Hugging Face mended that.
 *
 * @param history the ids seen, in any order
 * @param penalty 1 changes nothing, above 1 makes seen tokens less likely
 * @throws {RangeError} when `penalty` is not a positive number, or on an id outside [0, V)
 * @see Keskar et al. 2019, "CTRL", section 4.1; Hugging Face's `RepetitionPenaltyLogitsProcessor`
 */
export function repetitionPenalty(
  logits: Logits,
  history: readonly number[],
  penalty: number,
): Float64Array {
  if (!(penalty > 0 && penalty < Number.POSITIVE_INFINITY)) {
    const got = `the penalty must be a positive number, got ${penalty}`;
    throw new RangeError(`repetitionPenalty: ${got}`);
  }
  checkIds("repetitionPenalty", history, logits.length);
  const penalised = Float64Array.from(logits);
  for (const id of new Set(history)) {
    penalised[id] = logits[id] > 0 ? logits[id] / penalty : logits[id] * penalty;
  }
  return penalised;
}

/**
 * Frequency penalty: `logit - penalty * count`, with the number of times that the token was seen.
 *
 * @param penalty 0 changes nothing, above 0 makes seen tokens less likely
 * @throws {RangeError} when `penalty` is not a finite number, or on an id outside [0, V)
 * @see OpenAI's API reference, `frequency_penalty`
 */
export function frequencyPenalty(
  logits: Logits,
  history: readonly number[],
  penalty: number,
): Float64Array {
  checkAdditive("frequencyPenalty", penalty);
  checkIds("frequencyPenalty", history, logits.length);
  const counts = new Map<number, number>();
  for (const id of history) counts.set(id, (counts.get(id) ?? 0) + 1);
  const penalised = Float64Array.from(logits);
  for (const [id, count] of counts) penalised[id] -= penalty * count;
  return penalised;
}

/**
 * Presence penalty: `logit - penalty` for a token that was seen, however often.
 *
 * @param penalty 0 changes nothing, above 0 makes seen tokens less likely
 * @throws {RangeError} when `penalty` is not a finite number, or on an id outside [0, V)
 * @see OpenAI's API reference, `presence_penalty`
 */
export function presencePenalty(
  logits: Logits,
  history: readonly number[],
  penalty: number,
): Float64Array {
  checkAdditive("presencePenalty", penalty);
  checkIds("presencePenalty", history, logits.length);
  const penalised = Float64Array.from(logits);
  for (const id of new Set(history)) penalised[id] -= penalty;
  return penalised;
}

function checkAdditive(who: string, penalty: number): void {
  if (Number.isFinite(penalty)) return;
  throw new RangeError(`${who}: the penalty must be a finite number, got ${penalty}`);
}
