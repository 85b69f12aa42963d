import type { Random } from "../../math/random.ts";
import type { ModelConfig } from "../../model/config.ts";
import { byteTokenizer } from "../../tokenizers/bytes.ts";
import type { Example } from "../loss.ts";
import type { TrainingTask } from "./task.ts";

/**
 * Rows of a text's bytes, each from a uniformly drawn offset. The last tenth of the text is held
 * out from training.
 *
 * @param name the name of the text in errors
 * @throws {RangeError} if the model's vocabulary is not the 256 bytes, or a part is shorter than a
 *   row
 */
export function textTask(
  { vocabSize: V }: ModelConfig,
  length: number,
  name: string,
  bytes: Uint8Array,
): TrainingTask {
  if (V !== byteTokenizer.vocabSize) {
    throw new RangeError(`${name}: the model must have a vocabulary of 256 bytes, got ${V}`);
  }
  const held = Math.floor(bytes.length / 10);
  if (held < length) {
    const must = `the text must have at least ${10 * length} bytes, for rows of ${length}`;
    throw new RangeError(`${name}: ${must}, got ${bytes.length}`);
  }
  const draw = (random: Random, part: Uint8Array): Example => {
    const start = Math.floor(random() * (part.length - length + 1));
    return { tokens: [...part.subarray(start, start + length)] };
  };
  const border = bytes.length - held;
  return {
    name,
    length,
    words: null,
    entropy: null,
    train: (random) => draw(random, bytes.subarray(0, border)),
    heldOut: (random) => draw(random, bytes.subarray(border)),
  };
}
