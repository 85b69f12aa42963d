/// <reference lib="esnext.disposable" preserve="true" />
import type { Logits } from "./math/logits.ts";
import type { ModelConfig } from "./model/config.ts";
import type { Weights } from "./model/weights.ts";

/**
 * Optional features of a decoder, beyond `start` and `append`. A law that needs a feature which is
 * not in a decoder's set is reported as "not offered", never silently skipped.
 *
 * - `all-rows`: `Sequence.appendAll`, the logits after every token of a call
 * - `rewind`: `Sequence.rewind`
 * - `fork`: `Sequence.fork`
 * - `weights`: `Decoder.weights`, the memory that the decoder computes with
 * - `batch`: `Decoder.startBatch`, several sequences in one call
 * - `padding`: `Batch.appendPadded`, rows of one width with padding columns
 * - `offset`: `start` at a position other than 0
 * - `stages`: `Decoder.stages`, the intermediate values of a pass
 * - `poison`: `Sequence.poison`, a hook for tests: overwrites memory beyond the tokens with NaN
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
 * A decoder-only language model seen from outside: token ids in, next-token logits out. The
 * reference and every engine implement this interface, and the laws use nothing else.
 */
export interface Decoder extends AsyncDisposable {
  readonly name: string;
  readonly config: ModelConfig;
  readonly capabilities: ReadonlySet<Capability>;
  /** The weights in use: a write to them changes the next pass. Capability `weights`. */
  readonly weights?: Weights;
  /**
   * Starts an empty sequence. Sequences of one decoder never affect each other.
   *
   * @param position position of its first token, default 0; capability `offset`. The context limit
   *   counts positions, so that P - position tokens fit.
   */
  start(position?: number): Promise<Sequence>;
  /** Starts `rows` empty sequences that advance in common calls. Capability `batch`. */
  startBatch?(rows: number): Promise<Batch>;
  /** Returns the intermediate values of a pass over these tokens. Capability `stages`. */
  stages?(tokens: readonly number[]): Promise<Stages>;
}

/** A growing list of token ids, and what the decoder keeps of them (its KV cache). */
export interface Sequence extends AsyncDisposable {
  /** S: tokens held. Their positions are 0 to S - 1, plus the position of the start. */
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
   * Drops every token from index `length` on. Capability `rewind`.
   *
   * @throws {RangeError} if `length` is not an integer in [0, S]
   */
  rewind(length: number): Promise<void>;
  /**
   * Returns a second sequence with the same tokens; later calls on one never affect the other.
   * Capability `fork`.
   */
  fork(): Promise<Sequence>;
  /** Overwrites all memory beyond its tokens with NaN. Capability `poison`. */
  poison?(): Promise<void>;
}

/** Several independent sequences of one decoder that advance in common calls. */
export interface Batch extends AsyncDisposable {
  /** S of every row. */
  readonly lengths: readonly number[];
  /**
   * Appends tokens to every row, as many as its list has; an empty list leaves the row as it is.
   *
   * @returns for every row the logits after its last new token, null for a row without new tokens
   * @throws {RangeError} as {@link Sequence.append}, or on a wrong number of rows; nothing is
   *   appended
   */
  append(rows: readonly (readonly number[])[]): Promise<(Logits | null)[]>;
  /**
   * As {@link append}, with rows of one width: a column whose `counts` is false is padding, at any
   * place and with any id. Capability `padding`.
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
 * Thrown by a decoder whose engine cannot compute a model, for example because its format has no
 * word for it. A law that changes models skips such a case.
 */
export class NotOffered extends RangeError {}

/**
 * Refuses a position at which no sequence can start.
 *
 * @throws {RangeError} if `position` is not an integer in [0, P)
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
 * @param who the name of the call in the error
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
 * @throws {RangeError} if `length` is not an integer in [0, S]
 */
export function checkRewind(held: number, length: number): void {
  if (!Number.isInteger(length) || length < 0 || length > held) {
    throw new RangeError(`rewind: the length must be an integer in [0, ${held}], got ${length}`);
  }
}

/** Intermediate values of a forward pass, to find the first place where two decoders differ. */
export interface Stages {
  /** The input of the first block, `[T, D]`. */
  readonly embedding: readonly Vector[];
  readonly layers: readonly LayerStages[];
  /** The input of the head, `[T, D]`. */
  readonly final: readonly Vector[];
  /** `[T, V]` */
  readonly logits: readonly Vector[];
}

export interface LayerStages {
  /** After norm and RoPE, as they enter the scores: `[T, N * H]` and `[T, K * H]`. */
  readonly query: readonly Vector[];
  readonly key: readonly Vector[];
  /** `[T, K * H]` */
  readonly value: readonly Vector[];
  /** The heads' weighted sums of values, `[T, N * H]`. */
  readonly mixed: readonly Vector[];
  /** After the attention's residual connection, `[T, D]`. */
  readonly afterAttention: readonly Vector[];
  /** The output of the block, `[T, D]`. */
  readonly output: readonly Vector[];
}

/** The stages of the definition, which also include attention. */
export interface DefinitionStages extends Stages {
  readonly layers: readonly (LayerStages & {
    /** Attention probabilities by head, `[N][T][T]`, zero at positions that are masked. */
    readonly attention: readonly (readonly Vector[])[];
  })[];
}

/** One row of numbers in float64. */
export type Vector = number[];
