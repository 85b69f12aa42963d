import type { Random } from "../../math/random.ts";
import type { Example } from "../loss.ts";

/** What a model is trained on: rows without end, each drawn from random numbers alone. */
export interface Task {
  readonly name: string;
  /** The tokens of a row. */
  readonly length: number;
  /** What its tokens are called, by id; null where they are the bytes of a text. */
  readonly words: readonly string[] | null;
  /** Nats for each counted token that no model's expected loss is below; null where unknown. */
  readonly entropy: number | null;
  /** A row to train on. */
  train(random: Random): Example;
  /** A row to measure on, of those that are never trained on where the task can tell them apart. */
  heldOut(random: Random): Example;
}
