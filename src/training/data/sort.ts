import type { Random } from "../../math/random.ts";
import type { ModelConfig } from "../../model/config.ts";
import { type Example, IGNORED } from "../loss.ts";
import type { TrainingTask } from "./task.ts";

/**
 * Sorting: n digits, each uniform over the vocabulary, then the same digits in order. Only the
 * answer is counted. It is determined by the input, so the entropy is 0.
 *
 * A quarter of all inputs are held out from training.
 *
 * @param length 2n, even
 * @see minGPT, projects/adder and demo.ipynb, the same task with three digits instead of ten
 */
export function sortTask({ vocabSize: V }: ModelConfig, length: number): TrainingTask {
  const n = length / 2;
  if (!Number.isInteger(n)) {
    throw new RangeError(`sort: a row must have an even length, got ${length}`);
  }
  const draw = (random: Random, heldOut: boolean): Example => {
    for (;;) {
      const input = Array.from({ length: n }, () => Math.floor(random() * V));
      if (isHeldOut(input) === heldOut) return answered(input);
    }
  };
  return {
    name: "sort",
    length,
    words: Array.from({ length: V }, (_, digit) => String(digit)),
    entropy: 0,
    train: (random) => draw(random, false),
    heldOut: (random) => draw(random, true),
  };
}

function answered(input: readonly number[]): Example {
  const answer = input.toSorted((a, b) => a - b);
  return { tokens: [...input, ...answer], labels: [...input.map(() => IGNORED), ...answer] };
}

/** Returns true for the quarter of inputs that is held out, by a hash of the digits. */
function isHeldOut(input: readonly number[]): boolean {
  const hash = input.reduce((h, digit) => Math.imul(h ^ digit, 0x01000193) >>> 0, 0x811c9dc5);
  return hash >>> 30 === 0;
}
