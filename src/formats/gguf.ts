/**
 * Models in GGUF, the format of llama.cpp.
 *
 * @see github.com/ggml-org/ggml, docs/gguf.md
 */
import { basename, extname } from "node:path";
import { writeWhole } from "../io/files.ts";
import { type ModelConfig, modelConfig } from "../model/config.ts";
import type { Model } from "../model/model.ts";
import {
  type Architecture,
  architectures,
  fixedIn,
  ggufName,
  nearestArchitecture,
} from "./gguf-architectures.ts";
import { type GgufFile, readGgufFile } from "./gguf-reader.ts";
import { ROPE_FREQS, ropeFactors, SCALING_NOTE, withRopeScaling } from "./gguf-rope.ts";
import { shortestDecimal, type TensorType, tensorTypes } from "./gguf-types.ts";
import { type Entry, ggufBytes } from "./gguf-writer.ts";
import { toHalfSplit, toInterleaved } from "./rope-order.ts";
import { joinRows, weightsFromRows } from "./rows.ts";
import { unsupportedField } from "./supported.ts";

/** The supported keys of an architecture; others may change what is computed. */
const words = new Set([
  "context_length",
  "embedding_length",
  "block_count",
  "feed_forward_length",
  "vocab_size",
  "attention.head_count",
  "attention.head_count_kv",
  "attention.key_length",
  "attention.value_length",
  "attention.layer_norm_epsilon",
  "attention.layer_norm_rms_epsilon",
  "rope.dimension_count",
  "rope.freq_base",
]);

/** ggml's number of the type of most tensors, and the version of its quantised types. */
const fileTypes: Readonly<Record<TensorType, number>> = { F32: 0, F16: 1, Q8_0: 7 };
const QUANTIZATION_VERSION = 2;

/**
 * Reads the model of a GGUF file: architecture llama, qwen2, qwen3 or gpt2, tensors F32, F16 or
 * Q8_0, each number exactly. A separate head remains separate, even if it equals the embedding.
 *
 * @throws {Error} with the file's path, as {@link readGgufFile}; on another architecture; on
 *   unsupported keys; on tensors that are missing, of another shape, or too many
 */
export async function readGguf(path: string): Promise<Model> {
  const file = await readGgufFile(path);
  const architecture = readArchitecture(path, file);
  const config = readConfig(path, file, architecture);
  const stored = new Map(file.tensors);
  stored.delete(ROPE_FREQS);
  const weights = weightsFromRows(config, stored, (name) => ggufName(architecture, name), path);
  const name = file.values.get("general.name");
  return { name: typeof name === "string" ? name : basename(path, extname(path)), config, weights };
}

function readArchitecture(path: string, { values }: GgufFile): Architecture {
  const architecture = values.get("general.architecture");
  if (typeof architecture !== "string" || !Object.hasOwn(architectures, architecture)) {
    const must = `must be one of ${Object.keys(architectures).join(", ")}`;
    throw new RangeError(`${path}: general.architecture ${must}, got ${architecture}`);
  }
  for (const key of values.keys()) {
    if (key.startsWith(`${architecture}.`) && !words.has(key.slice(architecture.length + 1))) {
      throw new RangeError(`${path}: ${key} must be absent, because its effect is not supported`);
    }
  }
  return architecture as Architecture;
}

function readConfig(path: string, file: GgufFile, architecture: Architecture): ModelConfig {
  const { values, tensors } = file;
  const word = (key: string, fallback?: number): number => {
    const value = values.get(`${architecture}.${key}`) ?? fallback;
    if (typeof value === "number") return value;
    throw new RangeError(`${path}: ${architecture}.${key} must be a number, got ${value}`);
  };
  const fixed = architectures[architecture];
  const D = word("embedding_length");
  const N = word("attention.head_count");
  const fields = {
    vocabSize: (tensors.get("token_embd.weight")?.data.length ?? 0) / D,
    hiddenSize: D,
    intermediateSize: word("feed_forward_length"),
    numHiddenLayers: word("block_count"),
    numAttentionHeads: N,
    numKeyValueHeads: word("attention.head_count_kv", N),
    headDim: word("attention.key_length", D / N),
    maxPositionEmbeddings: word("context_length"),
    normEps: word(`attention.layer_norm_${fixed.norm === "rmsnorm" ? "rms_" : ""}epsilon`),
    ropeTheta: word("rope.freq_base", 10_000),
    attentionBias: tensors.has("blk.0.attn_q.bias"),
    attentionOutputBias: tensors.has("blk.0.attn_output.bias"),
    mlpBias: tensors.has("blk.0.ffn_up.bias"),
    tieWordEmbeddings: !tensors.has("output.weight"),
    ...fixed,
  };
  try {
    const config = modelConfig(fields);
    checkSizes(file, architecture, config);
    const factors = tensors.get(ROPE_FREQS);
    if (factors === undefined) return config;
    return withRopeScaling(config, factors.data, values.get(SCALING_NOTE));
  } catch (error) {
    throw new RangeError(`${path}: ${(error as Error).message}`, { cause: error });
  }
}

/** Checks that sizes which a file has twice are equal. */
function checkSizes(file: GgufFile, architecture: Architecture, config: ModelConfig): void {
  const { vocabSize: V, hiddenSize: D, numAttentionHeads: N, headDim: H } = config;
  const tokens = file.values.get("tokenizer.ggml.tokens");
  const sizes: [key: string, must: number, fallback: number][] = [
    ["vocab_size", V, V],
    ["attention.value_length", H, D / N],
    ["rope.dimension_count", H, H],
  ];
  for (const [key, must, fallback] of sizes) {
    const size = file.values.get(`${architecture}.${key}`) ?? fallback;
    if (size !== must) throw new RangeError(`${architecture}.${key} must be ${must}, got ${size}`);
  }
  if (typeof tokens === "object" && tokens.length !== V) {
    throw new RangeError(`tokenizer.ggml.tokens must be ${V}, got ${tokens.length}`);
  }
}

/**
 * Writes a model as a GGUF file that llama.cpp loads: architecture qwen2, qwen3 or gpt2 if it
 * supports the configuration, otherwise llama, for which the rows of q and k are reordered to the
 * interleaved layout. The vocabulary is a list of V names, because a model has no tokenizer.
 *
 * @param options `dtype` of the matrices; F16 and Q8_0 round. Vectors and learned positions are
 *   always F32, and a matrix whose rows are not a multiple of 32 is F16 instead of Q8_0, as
 *   llama.cpp's converter does
 * @throws {RangeError} with the field that the architecture does not support, or the number that
 *   the type cannot represent; nothing is written
 */
export async function writeGguf(
  path: string,
  model: Model,
  { dtype = "F32" }: { readonly dtype?: TensorType } = {},
): Promise<void> {
  const architecture = nearestArchitecture(model.config);
  const { name, config, weights } =
    architecture === "llama" ? toInterleaved(model) : toHalfSplit(model);
  checkSayable(architecture, config);
  const tensors = joinRows(weights.tensors, (name) => ggufName(architecture, name));
  const scaled = architecture === "llama" && config.ropeScaling !== null;
  if (scaled) {
    const data = ropeFactors(config);
    tensors.push({ name: ROPE_FREQS, shape: [data.length], data });
  }
  const note: Entry = [SCALING_NOTE, "STRING", JSON.stringify(config.ropeScaling)];
  const values: Entry[] = [
    ["general.architecture", "STRING", architecture],
    ["general.name", "STRING", name],
    ["general.file_type", "UINT32", fileTypes[dtype]],
    ["general.quantization_version", "UINT32", QUANTIZATION_VERSION],
    ...sizeEntries(architecture, config),
    ...vocabularyEntries(config.vocabSize),
    ...(scaled ? [note] : []),
  ];
  const typed = tensors.map((tensor) => ({ ...tensor, type: typeOf(tensor, dtype) }));
  await writeWhole(path, ggufBytes(values, typed));
}

function checkSayable(architecture: Architecture, config: ModelConfig): void {
  const wrong = unsupportedField(config, fixedIn(architecture, config));
  if (wrong !== null) throw new RangeError(`GGUF ${architecture}: ${wrong}`);
  for (const field of ["normEps", "ropeTheta"] as const) {
    const kept = shortestDecimal(Math.fround(config[field]));
    if (config[field] !== kept) {
      const must = "must have no more digits than a float32";
      throw new RangeError(`GGUF: config.${field} ${must}, got ${config[field]}`);
    }
  }
}

function sizeEntries(architecture: Architecture, config: ModelConfig): Entry[] {
  const rope: Entry[] = [
    ["rope.dimension_count", "UINT32", config.headDim],
    ["rope.freq_base", "FLOAT32", config.ropeTheta],
  ];
  const entries: Entry[] = [
    ["vocab_size", "UINT32", config.vocabSize],
    ["context_length", "UINT32", config.maxPositionEmbeddings],
    ["embedding_length", "UINT32", config.hiddenSize],
    ["block_count", "UINT32", config.numHiddenLayers],
    ["feed_forward_length", "UINT32", config.intermediateSize],
    ["attention.head_count", "UINT32", config.numAttentionHeads],
    ["attention.head_count_kv", "UINT32", config.numKeyValueHeads],
    ["attention.key_length", "UINT32", config.headDim],
    ["attention.value_length", "UINT32", config.headDim],
    [
      `attention.layer_norm_${config.norm === "rmsnorm" ? "rms_" : ""}epsilon`,
      "FLOAT32",
      config.normEps,
    ],
    ...(config.positions === "rope" ? rope : []),
  ];
  return entries.map(([key, type, value]) => [`${architecture}.${key}`, type, value]);
}

/**
 * Returns a byte-pair vocabulary of V names without merges, because llama.cpp requires one. A
 * SentencePiece vocabulary would need a token for each byte, which small models lack.
 */
function vocabularyEntries(V: number): Entry[] {
  const NORMAL = 1;
  const ids = Array.from({ length: V }, (_, id) => id);
  return [
    ["tokenizer.ggml.model", "STRING", "gpt2"],
    ["tokenizer.ggml.pre", "STRING", "default"],
    ["tokenizer.ggml.tokens", "STRING", ids.map((id) => `<token ${id}>`)],
    ["tokenizer.ggml.token_type", "INT32", ids.map(() => NORMAL)],
    ["tokenizer.ggml.merges", "STRING", []],
    ["tokenizer.ggml.bos_token_id", "UINT32", Math.min(1, V - 1)],
    ["tokenizer.ggml.eos_token_id", "UINT32", Math.min(2, V - 1)],
  ];
}

function typeOf({ name, shape }: { name: string; shape: readonly number[] }, dtype: TensorType) {
  if (shape.length === 1 || name === "position_embd.weight") return "F32";
  return shape[1] % tensorTypes[dtype].numbers === 0 ? dtype : "F16";
}
