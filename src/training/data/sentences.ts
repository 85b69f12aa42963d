import type { ModelConfig } from "../../model/config.ts";
import { tinyWords } from "../../model/named/tiny-words.ts";
import { drawWords, sentenceEntropy } from "./grammar.ts";
import type { TrainingTask } from "./task.ts";

const ids = new Map<string, number>(tinyWords.map((word, id) => [word, id]));

/**
 * Rows of sentences over the 20 words of `tiny`, from the start of a sentence to the length of the
 * row. Held-out rows have the same distribution, whose entropy is known, so a held-out row may also
 * be a training row; there are far too many to memorise.
 *
 * @throws {RangeError} if the model's vocabulary has another size
 */
export function sentencesTask({ vocabSize: V }: ModelConfig, length: number): TrainingTask {
  if (V !== tinyWords.length) {
    const must = `the model must have a vocabulary of ${tinyWords.length} words`;
    throw new RangeError(`sentences: ${must}, got ${V}`);
  }
  const draw: TrainingTask["train"] = (random) => ({
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
