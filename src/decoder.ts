/// <reference lib="esnext.disposable" preserve="true" />
import type { Logits } from "./math/logits.ts";
import type { ModelConfig } from "./model/config.ts";
import type { Weights } from "./model/weights.ts";

/**
 * What a decoder offers beyond `start` and `append`. What is not in its set is "not offered", and
 * the laws that need it say so; they are never silently skipped.
 *
 * - `all-rows`: `Sequence.appendAll`, the logits after every token of a call
 * - `rewind`: `Sequence.rewind`
 * - `fork`: `Sequence.fork`
 * - `weights`: `Decoder.weights`, the very memory that the decoder computes with
 * - `batch`: `Decoder.startBatch`, several sequences in one call
 * - `padding`: `Batch.appendPadded`, rows of one width with columns that do not count
 * - `offset`: `start` at a position other than 0
 * - `stages`: `Decoder.stages`, the inner rows of a pass
 * - `poison`: `Sequence.poison`, a hook for tests: memory that must not matter becomes NaN
 */
export type Capability =
  | "all-rows"
  | "rewind"
  | "fork"
  | "weights"
  | "batch"
  | "padding"
  | "offset"
  | "stages"
  | "poison";

/**
 * A decoder-only language model seen from outside: token ids in, next-token logits out.
 * The reference and every engine implement this and nothing else; the laws know only this.
 */
export interface Decoder extends AsyncDisposable {
  readonly name: string;
  readonly config: ModelConfig;
  readonly capabilities: ReadonlySet<Capability>;
  /**
   * The numbers it computes with; a write to them is seen by the next pass. Capability `weights`.
   */
  readonly weights?: Weights;
  /**
   * Starts an empty sequence. Sequences of one decoder never affect each other.
   *
   * @param position where its first token stands, default 0; capability `offset`. The context limit
   *   counts positions, so that P - position tokens fit.
   */
  start(position?: number): Promise<Sequence>;
  /** Starts `rows` empty sequences that advance in common calls. Capability `batch`. */
  startBatch?(rows: number): Promise<Batch>;
  /** What a pass over these tokens goes through, in a new sequence. Capability `stages`. */
  stages?(tokens: readonly number[]): Promise<Stages>;
}

/** A growing list of token ids, and whatever the decoder remembers of them (its KV cache). */
export interface Sequence extends AsyncDisposable {
  /** S: tokens held. Positions run from 0 to S - 1, or as far from where it started. */
  readonly length: number;
  /**
   * Appends `tokens` and resolves to the logits that follow the last of them, `[V]`.
   *
   * @param tokens at least one id, each in [0, V)
   * @throws {RangeError} on no token, an illegal id, or more than P tokens in all; nothing is
   *   appended
   */
  append(tokens: readonly number[]): Promise<Logits>;
  /** As {@link append}, with the logits after each token, `[T][V]`. Capability `all-rows`. */
  appendAll(tokens: readonly number[]): Promise<Logits[]>;
  /**
   * Forgets every token at position `length` or later. Capability `rewind`.
   *
   * @throws {RangeError} when `length` is not an integer in [0, S]
   */
  rewind(length: number): Promise<void>;
  /**
   * A second sequence with the same tokens; neither sees what the other does next. Capability
   * `fork`.
   */
  fork(): Promise<Sequence>;
  /** Overwrites with NaN whatever it remembers beyond its tokens. Capability `poison`. */
  poison?(): Promise<void>;
}

/** Several sequences of one decoder that advance in common calls; none sees another. */
export interface Batch extends AsyncDisposable {
  /** S of every row. */
  readonly lengths: readonly number[];
  /**
   * Appends to every row its own tokens, of any number, none included.
   *
   * @returns for every row the logits after its last new token, null where it got none
   * @throws {RangeError} as {@link Sequence.append}, or on another number of rows; nothing is
   *   appended
   */
  append(rows: readonly (readonly number[])[]): Promise<(Logits | null)[]>;
  /**
   * As {@link append}, with rows of one width: a column whose `counts` is false is padding,
   * wherever it stands and whatever id it holds. Capability `padding`.
   */
  appendPadded(
    rows: readonly (readonly number[])[],
    counts: readonly (readonly boolean[])[],
  ): Promise<(Logits | null)[]>;
  /**
   * Makes new row i a copy of old row `rows[i]`, or an empty one where that is null: reorders
   * beams, permutes, drops, duplicates and adds rows.
   */
  select(rows: readonly (number | null)[]): Promise<void>;
}

/**
 * Thrown by a decoder whose engine cannot compute its model, say for want of a word in its format.
 * A law that changes models passes such a case over.
 */
export class NotOffered extends RangeError {}

/**
 * Refuses a position at which no sequence can start.
 *
 * @throws {RangeError} when `position` is not an integer in [0, P)
 */
export function checkStart({ maxPositionEmbeddings: P }: ModelConfig, position: number): void {
  if (!Number.isInteger(position) || position < 0 || position >= P) {
    throw new RangeError(`start: the position must be an integer in [0, ${P}), got ${position}`);
  }
}

/**
 * Refuses tokens that no decoder of this configuration can append, before any work is done.
 *
 * @param held S, the tokens that the sequence holds already
 * @param who names the call in the error
 * @throws {RangeError} on no token, an id outside [0, V), or S + T > P
 */
export function checkAppend(
  config: ModelConfig,
  held: number,
  tokens: readonly number[],
  who = "append",
): void {
  const { vocabSize: V, maxPositionEmbeddings: P } = config;
  if (tokens.length === 0) throw new RangeError(`${who}: there must be at least one token, got 0`);
  for (const token of tokens) {
    if (!Number.isInteger(token) || token < 0 || token >= V) {
      throw new RangeError(`${who}: a token id must be an integer in [0, ${V}), got ${token}`);
    }
  }
  if (held + tokens.length > P) {
    const got = `${held} held and ${tokens.length} new`;
    throw new RangeError(`${who}: a sequence must hold at most ${P} tokens, got ${got}`);
  }
}

/**
 * Refuses a rewind to a length that the sequence never had.
 *
 * @throws {RangeError} when `length` is not an integer in [0, S]
 */
export function checkRewind(held: number, length: number): void {
  if (!Number.isInteger(length) || length < 0 || length > held) {
    throw new RangeError(`rewind: the length must be an integer in [0, ${held}], got ${length}`);
  }
}

/**
 * What a forward pass goes through on its way, for those who want to see where two decoders part.
 */
export interface Stages {
  /** The input of the first block, `[T, D]`. */
  readonly embedding: readonly Row[];
  readonly layers: readonly LayerStages[];
  /** What the head reads, `[T, D]`. */
  readonly final: readonly Row[];
  /** `[T, V]` */
  readonly logits: readonly Row[];
}

export interface LayerStages {
  /** After norm and RoPE, as they enter the scores: `[T, N * H]` and `[T, K * H]`. */
  readonly query: readonly Row[];
  readonly key: readonly Row[];
  /** `[T, K * H]` */
  readonly value: readonly Row[];
  /** The heads' mixtures of values, `[T, N * H]`. */
  readonly mixed: readonly Row[];
  /** After the attention's residual connection, `[T, D]`. */
  readonly afterAttention: readonly Row[];
  /** The output of the block, `[T, D]`. */
  readonly output: readonly Row[];
}

/** The definition shows its attention too. */
export interface DefinitionStages extends Stages {
  readonly layers: readonly (LayerStages & {
    /** Attention probabilities by head, `[N][T][T]`, zero where a position may not look. */
    readonly attention: readonly (readonly Row[])[];
  })[];
}

export type Row = number[];
