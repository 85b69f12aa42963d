import type { Decoder } from "../decoder.ts";
import { logSoftmax } from "../math/softmax.ts";

/**
 * Returns the log-probability of every token but the first, given those before it:
 * `log p(t_i | t_0 … t_i-1)`, from the logits after token i - 1. Their sum is the log-likelihood of
 * the text. It is computed by log-sum-exp, so it is finite where a probability underflows.
 *
 * @param tokens at least two
 * @returns `[T - 1]`, natural logarithms, none above 0
 * @throws {RangeError} on fewer than two tokens, an id outside [0, V), or more than P + 1 tokens
 */
export async function logProbs(decoder: Decoder, tokens: readonly number[]): Promise<number[]> {
  if (tokens.length < 2) {
    throw new RangeError(`logProbs: there must be at least 2 tokens, got ${tokens.length}`);
  }
  const { vocabSize: V } = decoder.config;
  // The last token is scored but never appended, so no decoder refuses it.
  const last = tokens[tokens.length - 1];
  if (!Number.isInteger(last) || last < 0 || last >= V) {
    throw new RangeError(`logProbs: a token id must be an integer in [0, ${V}), got ${last}`);
  }
  await using sequence = await decoder.start();
  const rows = await sequence.appendAll(tokens.slice(0, -1));
  return rows.map((row, i) => logSoftmax(row)[tokens[i + 1]]);
}
