import type { ModelConfig } from "../../model/config.ts";
import { tinyWords } from "../../model/named/tiny-words.ts";
import { drawWords, sentenceEntropy } from "./grammar.ts";
import type { Task } from "./task.ts";

const ids = new Map<string, number>(tinyWords.map((word, id) => [word, id]));

/**
 * Rows of sentences over the 20 words of `tiny`, each from the start of a sentence on and cut where
 * it is full. Held-out rows are of the same distribution, whose entropy is known, and so may come
 * to be rows that were trained on; there are far too many to know them by heart.
 *
 * @throws {RangeError} when the model's vocabulary has another size
 */
export function sentencesTask({ vocabSize: V }: ModelConfig, length: number): Task {
  if (V !== tinyWords.length) {
    const must = `the model must have a vocabulary of ${tinyWords.length} words`;
    throw new RangeError(`sentences: ${must}, got ${V}`);
  }
  const draw: Task["train"] = (random) => ({
    tokens: drawWords(length, random).map((word) => ids.get(word)!),
  });
  return {
    name: "sentences",
    length,
    words: tinyWords,
    entropy: sentenceEntropy(length),
    train: draw,
    heldOut: draw,
  };
}
