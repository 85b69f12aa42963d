import type { Random } from "../../math/random.ts";
import type { Example } from "../loss.ts";

/** A training task: an unlimited number of rows, each drawn from random numbers. */
export interface TrainingTask {
  readonly name: string;
  /** Number of tokens in a row. */
  readonly length: number;
  /** The words of its tokens, by id; null if they are the bytes of a text. */
  readonly words: readonly string[] | null;
  /** Lower bound of the expected loss, in nats per counted token; null if unknown. */
  readonly entropy: number | null;
  /** Draws a training row. */
  train(random: Random): Example;
  /** Draws an evaluation row, not used in training if the task can separate them. */
  heldOut(random: Random): Example;
}
