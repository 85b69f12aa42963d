/** The parameters of a model, from its configuration alone. */
import type { ModelConfig } from "../model/config.ts";
import { blockMatrices } from "./matrices.ts";

/** A part of the model, in which parameters are summed. */
export type ParameterGroup =
  | "embedding"
  | "positions"
  | "attention"
  | "feed_forward"
  | "block_norms"
  | "final_norm"
  | "lm_head";

/** One tensor, or the same tensor of every layer, with its parameters. */
export interface ParameterRow {
  /** Hugging Face name of the tensor, with `*` for the number of the layer. */
  readonly component: string;
  readonly group: ParameterGroup;
  /** L for a tensor of every layer, else 1. */
  readonly copies: number;
  readonly shape: readonly number[];
  /** Number of parameters of all copies; 0 for a tied head, which shares its memory. */
  readonly count: bigint;
  /** The component that shares its memory with a tied head. */
  readonly tiedTo: string | null;
}

const embedding = "model.embed_tokens.weight";

/**
 * Returns the tensors of a model, one row for the copies of all layers. The counts sum to:
 *
 * `V D (tied ? 1 : 2) + L (P_attention + P_mlp + norms) + final norm`, where
 * `P_attention = D N H + 2 D K H + N H D` and `P_mlp = 3 D F` (SwiGLU) or `2 D F`, plus the biases
 * and learned positions that the configuration has.
 */
export function parameterRows(config: ModelConfig): ParameterRow[] {
  const { vocabSize: V, hiddenSize: D, maxPositionEmbeddings: P, numHiddenLayers: L } = config;
  const { headDim: H, tieWordEmbeddings } = config;
  const rows: ParameterRow[] = [];
  const add = (group: ParameterGroup, component: string, ...shape: number[]) => {
    const copies = component.includes("*") ? L : 1;
    rows.push({ component, group, copies, shape, count: volume(copies, ...shape), tiedTo: null });
  };
  const addNorm = (group: ParameterGroup, name: string) => {
    add(group, `${name}.weight`, D);
    if (config.norm === "layernorm") add(group, `${name}.bias`, D);
  };

  add("embedding", embedding, V, D);
  if (config.positions === "learned") add("positions", "model.embed_positions.weight", P, D);
  addNorm("block_norms", "model.layers.*.input_layernorm");
  for (const matrix of blockMatrices(config)) {
    const group = matrix.part === "mlp" ? "feed_forward" : "attention";
    const name = `model.layers.*.${matrix.part}.${matrix.name}`;
    add(group, `${name}.weight`, matrix.out, matrix.in);
    if (matrix.bias) add(group, `${name}.bias`, matrix.out);
  }
  if (config.qkNorm) add("block_norms", "model.layers.*.self_attn.q_norm.weight", H);
  if (config.qkNorm) add("block_norms", "model.layers.*.self_attn.k_norm.weight", H);
  addNorm("block_norms", "model.layers.*.post_attention_layernorm");
  if (config.finalNorm) addNorm("final_norm", "model.norm");
  add("lm_head", "lm_head.weight", V, D);
  if (tieWordEmbeddings) rows.push({ ...rows.pop()!, count: 0n, tiedTo: embedding });
  if (config.lmHeadBias) add("lm_head", "lm_head.bias", V);
  return rows;
}

/** Returns the number of parameters; a tied head adds none. */
export function parameterCount(config: ModelConfig): bigint {
  return parameterRows(config).reduce((sum, { count }) => sum + count, 0n);
}

/** Returns the weights in matrix products: those of the blocks and the head, tied or not. */
export function matrixParameters(config: ModelConfig): bigint {
  return blockMatrixParameters(config) + volume(config.vocabSize, config.hiddenSize);
}

/** Returns the weights of the matrices of all blocks: `L (P_attention + P_mlp)` without biases. */
export function blockMatrixParameters(config: ModelConfig): bigint {
  const { numHiddenLayers: L } = config;
  return blockMatrices(config).reduce((sum, m) => sum + volume(L, m.out, m.in), 0n);
}

/** Parameters by part, and in all with a tied and an untied head. */
export interface ParameterSummary {
  /** Parameters of one block. */
  readonly block: {
    readonly attention: bigint;
    readonly feedForward: bigint;
    readonly norms: bigint;
    readonly total: bigint;
  };
  /** Parameters of all blocks. */
  readonly blocks: bigint;
  readonly embedding: bigint;
  readonly positions: bigint;
  readonly finalNorm: bigint;
  /** 0 when tied, except for a bias. */
  readonly lmHead: bigint;
  readonly total: bigint;
  /** The total with the head tied to the embedding, and with it untied. */
  readonly tied: bigint;
  readonly untied: bigint;
}

/** Returns the parameters by group: `embedding + positions + blocks + finalNorm + lmHead = total`. */
export function parameterSummary(config: ModelConfig): ParameterSummary {
  const rows = parameterRows(config);
  const sum = (group: ParameterGroup) =>
    rows.filter((row) => row.group === group).reduce((total, { count }) => total + count, 0n);
  const layers = BigInt(config.numHiddenLayers);
  const attention = sum("attention") / layers;
  const feedForward = sum("feed_forward") / layers;
  const norms = sum("block_norms") / layers;
  const block = { attention, feedForward, norms, total: attention + feedForward + norms };
  return {
    block,
    blocks: layers * block.total,
    embedding: sum("embedding"),
    positions: sum("positions"),
    finalNorm: sum("final_norm"),
    lmHead: sum("lm_head"),
    total: parameterCount(config),
    tied: parameterCount({ ...config, tieWordEmbeddings: true }),
    untied: parameterCount({ ...config, tieWordEmbeddings: false }),
  };
}

/** Returns `part / whole`, 0 to 1. */
export function share(part: bigint, whole: bigint): number {
  return Number(part) / Number(whole);
}

function volume(...extents: number[]): bigint {
  return extents.reduce((product, extent) => product * BigInt(extent), 1n);
}
