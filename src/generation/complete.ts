import type { Decoder } from "../decoder.ts";
import { logSoftmax } from "../math/softmax.ts";
import { greedy } from "../sampling/greedy.ts";

/** A candidate for the next token, with its log-probability. */
export interface TokenLogProb {
  readonly token: number;
  /** Natural logarithm of its probability among all V tokens; at most 0. */
  readonly logProb: number;
}

/** Options of one completion. */
export interface CompleteOptions {
  readonly maxNewTokens: number;
  /** Number of most probable tokens to return for each new token. */
  readonly topLogProbs: number;
  /** Allow the use of cached keys and values of earlier tokens and prompts. Default true. */
  readonly cache?: boolean;
}

/** The greedy continuation of a prompt, with the most probable tokens at each position. */
export interface Completed {
  /** At least one; fewer than requested if the text ended. */
  readonly newTokens: readonly number[];
  /** For each new token, the most probable candidates, in descending order. */
  readonly top: readonly (readonly TokenLogProb[])[];
}

/**
 * Continues a prompt greedily, with the most probable tokens at every step: the information that a
 * completions server returns.
 *
 * @param prompt at least one token id
 * @throws {RangeError} as the decoder, on an invalid prompt
 */
export async function complete(
  decoder: Decoder,
  prompt: readonly number[],
  { maxNewTokens, topLogProbs, cache = true }: CompleteOptions,
): Promise<Completed> {
  const newTokens: number[] = [];
  const top: TokenLogProb[][] = [];
  let sequence = await decoder.start();
  let unread = prompt;
  try {
    while (newTokens.length < maxNewTokens) {
      const logits = await sequence.append(unread);
      newTokens.push(greedy(logits));
      top.push(mostProbable(logits, topLogProbs));
      unread = newTokens.slice(-1);
      if (prompt.length + newTokens.length > decoder.config.maxPositionEmbeddings) break;
      if (cache) continue;
      await sequence[Symbol.asyncDispose]();
      sequence = await decoder.start();
      unread = [...prompt, ...newTokens];
    }
  } finally {
    await sequence[Symbol.asyncDispose]();
  }
  return { newTokens, top };
}

/** Returns the `count` largest log-probabilities; equal ones by ascending id. */
function mostProbable(logits: ArrayLike<number>, count: number): TokenLogProb[] {
  const logProbs = Array.from(logSoftmax(Float64Array.from(logits)));
  return logProbs
    .map((logProb, token) => ({ token, logProb }))
    .sort((a, b) => b.logProb - a.logProb || a.token - b.token)
    .slice(0, count);
}
