/**
 * The configuration of a decoder-only language model, in the words of Hugging Face's `config.json`
 * (camelCase in code, snake_case on disk).
 */

import type { Activation } from "../math/activation.ts";
import type { RopeLayout, RopeScaling } from "../math/positions.ts";

export type { RopeScaling } from "../math/positions.ts";

/** The sizes and features of a decoder-only model, each an independent setting. */
export interface ModelConfig {
  /** V: token ids run from 0 to V - 1. */
  readonly vocabSize: number;
  /** D: the width of the residual stream. */
  readonly hiddenSize: number;
  /** F: the width inside the feed-forward layer. */
  readonly intermediateSize: number;
  /** L: the number of blocks. */
  readonly numHiddenLayers: number;
  /** N: query heads. */
  readonly numAttentionHeads: number;
  /** K: key-value heads; N / K query heads share one. */
  readonly numKeyValueHeads: number;
  /** H: the width of one head; need not be D / N. */
  readonly headDim: number;
  /** P: the context, the largest number of tokens in a sequence. */
  readonly maxPositionEmbeddings: number;

  readonly norm: "rmsnorm" | "layernorm";
  /** Added to the mean square (RMSNorm) or the variance (LayerNorm), inside the square root. */
  readonly normEps: number;
  /** True if there is a norm between the last block and the head. */
  readonly finalNorm: boolean;
  /** RMSNorm of every query and key head before RoPE, as in Qwen 3. */
  readonly qkNorm: boolean;

  readonly positions: "rope" | "learned" | "sinusoidal" | "none";
  readonly ropeTheta: number;
  /**
   * The pairs of entries of a head that rotate together: `i` with `i + R/2`, or `2i` with `2i + 1`.
   */
  readonly ropeLayout: RopeLayout;
  /**
   * The share of each head that is rotated: R = H * partialRotaryFactor entries, the first ones.
   */
  readonly partialRotaryFactor: number;
  readonly ropeScaling: RopeScaling | null;
  /** Number of tokens that a token attends to, itself included; null for all. */
  readonly slidingWindow: number | null;

  /** SwiGLU has three matrices (gate, up, down), the others two (up, down). */
  readonly feedForward: "swiglu" | Activation;
  /** Biases of q, k and v. */
  readonly attentionBias: boolean;
  /** Bias of o. */
  readonly attentionOutputBias: boolean;
  readonly mlpBias: boolean;
  readonly lmHeadBias: boolean;
  /** True if the head is the embedding: one matrix in the same memory. */
  readonly tieWordEmbeddings: boolean;
}

/** A configuration and its name in tables. */
export interface NamedConfig {
  readonly name: string;
  readonly config: ModelConfig;
}

type Sizes =
  | "vocabSize"
  | "hiddenSize"
  | "intermediateSize"
  | "numHiddenLayers"
  | "numAttentionHeads"
  | "maxPositionEmbeddings";

/** The required fields of a model, and optional ones that default to Llama's choices. */
export type ConfigInput = Pick<ModelConfig, Sizes> & Partial<ModelConfig>;

const llamaDefaults = {
  norm: "rmsnorm",
  normEps: 1e-5,
  finalNorm: true,
  qkNorm: false,
  positions: "rope",
  ropeTheta: 10_000,
  ropeLayout: "half-split",
  partialRotaryFactor: 1,
  ropeScaling: null,
  slidingWindow: null,
  feedForward: "swiglu",
  attentionBias: false,
  attentionOutputBias: false,
  mlpBias: false,
  lmHeadBias: false,
  tieWordEmbeddings: false,
} as const;

/**
 * Returns a checked configuration: K defaults to N, H to D / N, everything else to Llama's choices.
 *
 * @throws {RangeError} if the configuration is not valid, see {@link checkConfig}
 */
export function modelConfig(input: ConfigInput): ModelConfig {
  const config = {
    numKeyValueHeads: input.numAttentionHeads,
    headDim: input.hiddenSize / input.numAttentionHeads,
    ...llamaDefaults,
    ...input,
  };
  checkConfig(config);
  return Object.freeze(config);
}

/** Returns the smallest input for {@link modelConfig}: the sizes, and fields not at default. */
export function configInput(config: ModelConfig): ConfigInput {
  const defaults: Record<string, unknown> = llamaDefaults;
  const entries = Object.entries(config).filter(([field, value]) => value !== defaults[field]);
  return Object.fromEntries(entries) as unknown as ConfigInput;
}

type Rule = [holds: (value: unknown) => boolean, must: string];

const positiveInteger: Rule = [
  (value) => Number.isSafeInteger(value) && (value as number) > 0,
  "must be a positive integer",
];
const positiveNumber: Rule = [
  (value) => Number.isFinite(value) && (value as number) > 0,
  "must be a positive number",
];
const boolean: Rule = [(value) => typeof value === "boolean", "must be true or false"];
const oneOf = (...words: string[]): Rule => [
  (value) => words.includes(value as string),
  `must be one of ${words.join(", ")}`,
];
const orNull = ([holds, must]: Rule): Rule => [
  (value) => value === null || holds(value),
  `${must} or null`,
];

const ropeScalingRules: Record<keyof RopeScaling, Rule> = {
  ropeType: oneOf("llama3"),
  factor: positiveNumber,
  lowFreqFactor: positiveNumber,
  highFreqFactor: positiveNumber,
  originalMaxPositionEmbeddings: positiveInteger,
};

const rules: Record<keyof ModelConfig, Rule> = {
  vocabSize: positiveInteger,
  hiddenSize: positiveInteger,
  intermediateSize: positiveInteger,
  numHiddenLayers: positiveInteger,
  numAttentionHeads: positiveInteger,
  numKeyValueHeads: positiveInteger,
  headDim: positiveInteger,
  maxPositionEmbeddings: positiveInteger,
  norm: oneOf("rmsnorm", "layernorm"),
  normEps: positiveNumber,
  finalNorm: boolean,
  qkNorm: boolean,
  positions: oneOf("rope", "learned", "sinusoidal", "none"),
  ropeTheta: positiveNumber,
  ropeLayout: oneOf("half-split", "interleaved"),
  partialRotaryFactor: [
    (value) => Number.isFinite(value) && (value as number) > 0 && (value as number) <= 1,
    "must be a number in (0, 1]",
  ],
  ropeScaling: orNull([(value) => typeof value === "object", "must be an object"]),
  slidingWindow: orNull(positiveInteger),
  feedForward: oneOf("swiglu", "gelu", "gelu_tanh", "relu"),
  attentionBias: boolean,
  attentionOutputBias: boolean,
  mlpBias: boolean,
  lmHeadBias: boolean,
  tieWordEmbeddings: boolean,
};

/** Names of all fields of a configuration. */
export const configFields: readonly string[] = Object.keys(rules);

/**
 * Refuses what is not a valid configuration: missing, unknown or mistyped fields; N not a multiple
 * of K; an odd number of rotated entries under RoPE.
 *
 * @throws {RangeError} `config.FIELD must …, got …`, the first field that is wrong
 */
export function checkConfig(value: unknown): asserts value is ModelConfig {
  checkFields("config", value, rules);
  const config = value as ModelConfig;
  const { numAttentionHeads: N, numKeyValueHeads: K } = config;
  if (N % K !== 0)
    fail("config.numKeyValueHeads", "must divide numAttentionHeads", `${K} and ${N}`);
  if (config.positions === "rope") checkRope(config);
}

function checkRope(config: ModelConfig): void {
  const { headDim: H, partialRotaryFactor, ropeScaling } = config;
  const rotated = H * partialRotaryFactor;
  if (partialRotaryFactor === 1 && H % 2 !== 0) {
    fail("config.headDim", "must be even under RoPE, which rotates pairs", H);
  }
  if (!Number.isInteger(rotated) || rotated % 2 !== 0) {
    const must = "must leave an even number of rotated entries of headDim";
    fail("config.partialRotaryFactor", must, `${partialRotaryFactor} * ${H} = ${rotated}`);
  }
  if (ropeScaling === null) return;
  checkFields("config.ropeScaling", ropeScaling, ropeScalingRules);
  const { lowFreqFactor, highFreqFactor } = ropeScaling;
  if (!(lowFreqFactor < highFreqFactor)) {
    const must = "must be less than highFreqFactor";
    fail("config.ropeScaling.lowFreqFactor", must, `${lowFreqFactor} and ${highFreqFactor}`);
  }
}

function checkFields(who: string, value: unknown, fields: Record<string, Rule>): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    fail(who, "must be an object", value);
  }
  const object = value as Record<string, unknown>;
  for (const field of Object.keys(object)) {
    if (!Object.hasOwn(fields, field)) {
      fail(`${who}.${field}`, `must be one of ${Object.keys(fields).join(", ")}`, `"${field}"`);
    }
  }
  for (const [field, [holds, must]] of Object.entries(fields)) {
    if (!holds(object[field])) fail(`${who}.${field}`, must, object[field]);
  }
}

function fail(who: string, must: string, got: unknown): never {
  throw new RangeError(
    `${who} ${must}, got ${typeof got === "object" ? JSON.stringify(got) : got}`,
  );
}

/** Returns the configuration as it is written to disk, in Hugging Face's snake_case. */
export function configToJson(config: ModelConfig): Record<string, unknown> {
  return renameKeys(config, (key) => key.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`));
}

/**
 * Reads the configuration that {@link configToJson} wrote.
 *
 * @throws {RangeError} as {@link checkConfig}
 */
export function configFromJson(json: unknown): ModelConfig {
  const config = renameKeys(json, (key) => key.replace(/_([a-z])/g, (_, c) => c.toUpperCase()));
  checkConfig(config);
  return Object.freeze(config);
}

function renameKeys(value: unknown, rename: (key: string) => string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    fail("config", "must be an object", value);
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      rename(key),
      typeof inner === "object" && inner !== null ? renameKeys(inner, rename) : inner,
    ]),
  );
}
