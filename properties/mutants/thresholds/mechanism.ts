/** Bugs that act only above a size, each planted at several sizes. */
import type { Mutant } from "../mutant.ts";

/** The dimensions of a model, of a call or of a file that have a threshold. */
export type Dimension =
  | "position"
  | "context length"
  | "window"
  | "tokens in a call"
  | "forked tokens"
  | "rewound tokens"
  | "batch rows"
  | "padded width"
  | "key-value heads"
  | "group size"
  | "query heads"
  | "head width"
  | "model width"
  | "linear outputs"
  | "layers"
  | "LoRA rank"
  | "softmax row"
  | "vocabulary"
  | "k"
  | "nucleus"
  | "history"
  | "banned sequences"
  | "banned sequence length"
  | "log-probabilities"
  | "prompt length"
  | "new tokens"
  | "draft tokens"
  | "text length"
  | "tensor blocks"
  | "tensor numbers"
  | "tensor rows"
  | "tensors in a file"
  | "shards"
  | "tokenizer merges"
  | "tokenizer words";

/** A mutant that changes nothing up to its threshold. */
export interface ThresholdMutant extends Mutant {
  readonly threshold: number;
  readonly dimension: Dimension;
  /** Name of the mechanism, which mutants with other thresholds share. */
  readonly mechanism: string;
  /** Name of the call in `witnesses/` that shows the bug at the next size. */
  readonly witness: string;
}

/** One mechanism, and the sizes that it is planted at; N in a text is the threshold. */
export interface Mechanism
  extends Pick<ThresholdMutant, "rows" | "links" | "file" | "find" | "subject" | "witness"> {
  readonly name: string;
  readonly dimension: Dimension;
  readonly thresholds: readonly number[];
  readonly bug: string;
  readonly needs: string;
  readonly replace: (threshold: number) => string;
}

/** Thresholds of sizes that real models and servers exceed every day. */
export const realistic = [16, 64, 256] as const;
/** As {@link realistic}, with a size that small cases exceed too. */
export const fromFour = [4, ...realistic] as const;

/** Returns one mutant for every threshold of every mechanism. */
export function plantedAt(mechanisms: readonly Mechanism[]): ThresholdMutant[] {
  return mechanisms.flatMap(({ name, thresholds, bug, needs, replace, ...others }) =>
    thresholds.map((threshold) => ({
      ...others,
      id: `${name}-${threshold}`,
      mechanism: name,
      threshold,
      bug: bug.replaceAll(/\bN\b/g, String(threshold)),
      needs: needs.replaceAll(/\bN\b/g, String(threshold)),
      replace: replace(threshold),
    })),
  );
}
