/** The parameters of a model by tensor, by layer and inside one block. */
import type { ModelConfig } from "../model/config.ts";
import { type ParameterRow, parameterRows, parameterSummary, share } from "./parameters.ts";

/** One tensor, or one tensor of every block. */
export interface TensorRow extends ParameterRow {
  /** Share of the total, 0 to 1. */
  readonly share: number;
}

export interface LayerRow {
  readonly layer: string;
  /** L for the block, else 1. */
  readonly copies: number;
  /** Parameters of one copy. */
  readonly each: bigint;
  /** Parameters of all copies. */
  readonly parameters: bigint;
  /** Share of the total, 0 to 1. */
  readonly share: number;
}

export interface BlockRow {
  readonly part: "attention" | "feed-forward" | "norms";
  /** Parameters of this part of one block. */
  readonly parameters: bigint;
  /** Share of one block, 0 to 1. */
  readonly share: number;
}

export interface ModelSummary {
  /** Counts sum to `total` and shares to 1, as in `layers`. */
  readonly tensors: readonly TensorRow[];
  readonly layers: readonly LayerRow[];
  /** The parts of one block; shares sum to 1. */
  readonly block: readonly BlockRow[];
  /** Parameters of the model. */
  readonly total: bigint;
  /** Parameters with the head tied to the embedding, and with a separate head. */
  readonly tied: bigint;
  readonly untied: bigint;
}

/** Returns the summary of a configuration. An absent layer has no row; a tied head has 0. */
export function summary(config: ModelConfig): ModelSummary {
  const counted = parameterSummary(config);
  const { block, total, tied, untied } = counted;
  const layer = (name: string, each: bigint, copies = 1): LayerRow => {
    const parameters = each * BigInt(copies);
    return { layer: name, copies, each, parameters, share: share(parameters, total) };
  };
  const part = (name: BlockRow["part"], parameters: bigint): BlockRow => ({
    part: name,
    parameters,
    share: share(parameters, block.total),
  });
  return {
    tensors: parameterRows(config).map((row) => ({ ...row, share: share(row.count, total) })),
    layers: [
      layer("embedding", counted.embedding),
      ...(config.positions === "learned" ? [layer("positions", counted.positions)] : []),
      layer("block", block.total, config.numHiddenLayers),
      ...(config.finalNorm ? [layer("final norm", counted.finalNorm)] : []),
      layer("head", counted.lmHead),
    ],
    block: [
      part("attention", block.attention),
      part("feed-forward", block.feedForward),
      part("norms", block.norms),
    ],
    total,
    tied,
    untied,
  };
}
