import type { Decoder } from "./decoder.ts";
import { logSoftmax } from "./math/softmax.ts";

/**
 * The log-probability of every token but the first, given those before it: `log p(t_i | t_0 … t_i-1)`,
 * read from the row after token i - 1. Their sum is the log-likelihood of the text; computed by
 * log-sum-exp, so that an unlikely token is finite where its probability underflows.
 *
 * @param tokens at least two
 * @returns `[T - 1]`, natural logarithms, none above 0
 */
export async function logProbs(decoder: Decoder, tokens: readonly number[]): Promise<number[]> {
  if (tokens.length < 2) {
    throw new RangeError(`logProbs: there must be at least 2 tokens, got ${tokens.length}`);
  }
  await using sequence = await decoder.start();
  const rows = await sequence.appendAll(tokens.slice(0, -1));
  return rows.map((row, i) => logSoftmax(row)[tokens[i + 1]]);
}
