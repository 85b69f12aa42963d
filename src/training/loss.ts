/** The training loss: next-token cross-entropy, in log space. */

import { checkAppend } from "../decoder.ts";
import type { ModelConfig } from "../model/config.ts";

/** The label of a token without loss, as in PyTorch and Hugging Face. */
export const IGNORED = -100;

/** One row of training data. */
export interface Example {
  /** At most P + 1: the last token is never an input, as nothing follows it. */
  readonly tokens: readonly number[];
  /**
   * Aligned with `tokens`, as in Hugging Face: the label at t is compared with the prediction after
   * t - 1; the first one is not used. {@link IGNORED} is not compared. Default: the tokens.
   */
  readonly labels?: readonly number[];
}

/**
 * Returns the target of each position but the last: `targets[t] = labels[t + 1]`, `[T - 1]`.
 *
 * @throws {RangeError} on tokens that do not fit the model, labels of another length than the
 *   tokens, or a label that is neither a token id nor {@link IGNORED}
 */
export function targetsOf(config: ModelConfig, { tokens, labels = tokens }: Example): number[] {
  const { vocabSize: V, maxPositionEmbeddings: P } = config;
  checkAppend({ ...config, maxPositionEmbeddings: P + 1 }, 0, tokens, "loss");
  if (labels.length !== tokens.length) {
    const must = `there must be one label for each of ${tokens.length} tokens`;
    throw new RangeError(`loss: ${must}, got ${labels.length}`);
  }
  for (const label of labels) {
    if (label === IGNORED || (Number.isInteger(label) && label >= 0 && label < V)) continue;
    const must = `a label must be an integer in [0, ${V}) or ${IGNORED}`;
    throw new RangeError(`loss: ${must}, got ${label}`);
  }
  return labels.slice(1);
}

/**
 * `-log softmax(logits[t])[targets[t]]`, summed over the targets that are not ignored, by
 * `max + ln sum e^(s - max) - s[target]`, which does not underflow.
 *
 * @param logits `[T, V]`
 * @throws {RangeError} if the largest logit of a row is not finite
 */
export function crossEntropy(logits: Float64Array, targets: readonly number[]): number {
  const V = logits.length / targets.length;
  let sum = 0;
  for (const [t, target] of targets.entries()) {
    if (target === IGNORED) continue;
    sum += logSumExp(logits, t * V, V) - logits[t * V + target];
  }
  return sum;
}

/**
 * The gradient of {@link crossEntropy} times `scale`: `softmax(logits[t])`, minus 1 at the target;
 * zero if the target is ignored.
 *
 * @returns `[T, V]`
 */
export function crossEntropyGradient(
  logits: Float64Array,
  targets: readonly number[],
  scale: number,
): Float64Array {
  const V = logits.length / targets.length;
  const gradient = new Float64Array(logits.length);
  for (const [t, target] of targets.entries()) {
    if (target === IGNORED) continue;
    const logTotal = logSumExp(logits, t * V, V);
    for (let i = t * V; i < (t + 1) * V; i++) gradient[i] = scale * Math.exp(logits[i] - logTotal);
    gradient[t * V + target] -= scale;
  }
  return gradient;
}

/** Returns `ln sum e^s` of the V scores from `start`. */
function logSumExp(scores: Float64Array, start: number, V: number): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = start; i < start + V; i++) if (!(scores[i] <= largest)) largest = scores[i];
  if (!Number.isFinite(largest)) {
    throw new RangeError(`loss: the largest of ${V} logits must be finite, got ${largest}`);
  }
  let total = 0;
  for (let i = start; i < start + V; i++) total += Math.exp(scores[i] - largest);
  return largest + Math.log(total);
}

/** Returns `e^loss`: the number of equally likely tokens with the same loss. */
export function perplexity(loss: number): number {
  return Math.exp(loss);
}
