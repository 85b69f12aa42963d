import { logSoftmax } from "../math/softmax.ts";
import type { Model } from "../model/model.ts";
import { referenceDecoder } from "../reference/reference-decoder.ts";
import { greedy } from "../sampling/greedy.ts";
import { type Example, IGNORED } from "./loss.ts";

/** The quality of a model on held-out rows. */
export interface Evaluation {
  /** Mean loss over all counted tokens, in nats. */
  readonly loss: number;
  readonly counted: number;
  /**
   * Share of rows in which every counted token is the most probable one. If rows are questions with
   * answers, the share of questions that greedy decoding answers correctly.
   */
  readonly exact: number;
}

/**
 * Evaluates a model with the reference decoder, which also runs it later: without dropout, and
 * independently of the training code.
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
