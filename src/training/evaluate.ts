import { logSoftmax } from "../math/softmax.ts";
import type { Model } from "../model/model.ts";
import { referenceDecoder } from "../reference/reference-decoder.ts";
import { greedy } from "../sampling/greedy.ts";
import { type Example, IGNORED } from "./loss.ts";

/** How good a model is on rows that it was not trained on. */
export interface Evaluation {
  /** The mean over all counted tokens, in nats. */
  readonly loss: number;
  readonly counted: number;
  /**
   * The share of rows each of whose counted tokens is the likeliest one: where a row is a question
   * and its answer, of the questions that greedy decoding answers without a mistake.
   */
  readonly exact: number;
}

/**
 * Measures a model by the reference decoder, with which it will be used: without dropout, and not
 * by the code that trained it.
 *
 * @param examples at least one; the last token of each is only a label
 */
export async function evaluate(
  { config, weights }: Pick<Model, "config" | "weights">,
  examples: readonly Example[],
): Promise<Evaluation> {
  const decoder = referenceDecoder(config, weights);
  await using sequence = await decoder.start();
  let [sum, counted, exact] = [0, 0, 0];
  for (const { tokens, labels = tokens } of examples) {
    const logits = await sequence.appendAll(tokens.slice(0, -1));
    await sequence.rewind(0);
    let isExact = true;
    for (const [t, row] of logits.entries()) {
      const label = labels[t + 1];
      if (label === IGNORED) continue;
      sum -= logSoftmax(row)[label];
      counted++;
      isExact &&= greedy(row) === label;
    }
    if (isExact) exact++;
  }
  return { loss: sum / counted, counted, exact: exact / examples.length };
}
