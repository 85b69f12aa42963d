/**
 * Penalties on tokens of the history: each lowers their raw logits, before the temperature, and
 * does not change any other logit. The caller chooses the history.
 */
import type { Logits } from "../math/logits.ts";
import { checkIds } from "./ids.ts";

/**
 * Repetition penalty: the logit of a token in the history is divided by `penalty` if positive and
 * multiplied by it if negative, once, independent of its count.
 *
 * The paper divides for both signs, which raises a negative logit; Hugging Face corrected that.
 *
 * @param history the ids, in any order
 * @param penalty 1 changes nothing, above 1 makes tokens of the history less likely
 * @throws {RangeError} if `penalty` is not a positive number, or on an id outside [0, V)
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
 * Frequency penalty: `logit - penalty * count`, with the count of the token in the history.
 *
 * @param penalty 0 changes nothing, above 0 makes tokens of the history less likely
 * @throws {RangeError} if `penalty` is not a finite number, or on an id outside [0, V)
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
 * Presence penalty: `logit - penalty` for a token in the history, independent of its count.
 *
 * @param penalty 0 changes nothing, above 0 makes tokens of the history less likely
 * @throws {RangeError} if `penalty` is not a finite number, or on an id outside [0, V)
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
