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
