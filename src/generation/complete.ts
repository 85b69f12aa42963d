import type { Decoder } from "../decoder.ts";
import { logSoftmax } from "../math/softmax.ts";
import { greedy } from "../sampling/greedy.ts";

/** What a completion says of one token that may come next. */
export interface TokenLogProb {
  readonly token: number;
  /** Its natural logarithm of a probability, of all V tokens; at most 0. */
  readonly logProb: number;
}

export interface CompleteOptions {
  readonly maxNewTokens: number;
  /** How many of the most probable tokens are said for each new token. */
  readonly topLogProbs: number;
  /** Whether what is remembered of earlier tokens and prompts may be used. Default true. */
  readonly cache?: boolean;
}

/** The greedy continuation of a prompt, with what was most probable at each of its tokens. */
export interface Completed {
  /** At least one, and fewer than asked for where the text ended. */
  readonly newTokens: readonly number[];
  /** For each new token, the most probable ones before it was chosen, descending. */
  readonly top: readonly (readonly TokenLogProb[])[];
}

/**
 * Continues a prompt greedily, and says what was most probable at every step: all that a server of
 * completions gives away.
 *
 * @param prompt at least one token id
 * @throws {RangeError} as the decoder, on an illegal prompt
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

/** The `count` largest log-probabilities, the lower id first where two are equal. */
function mostProbable(logits: ArrayLike<number>, count: number): TokenLogProb[] {
  const logProbs = Array.from(logSoftmax(Float64Array.from(logits)));
  return logProbs
    .map((logProb, token) => ({ token, logProb }))
    .sort((a, b) => b.logProb - a.logProb || a.token - b.token)
    .slice(0, count);
}
