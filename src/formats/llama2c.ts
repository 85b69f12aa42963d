/**
 * The legacy `.bin` of llama2.c: seven int32, then every tensor as float32, little-endian. It
 * supports only Llama in Meta's layout.
 *
 * @see llama2.c, `memory_map_weights` in run.c and `legacy_export` in export.py
 */
import { basename, extname } from "node:path";
import { BinaryFile } from "../io/binary-file.ts";
import { writeWhole } from "../io/files.ts";
import { ropeFrequencies } from "../math/positions.ts";
import { type ModelConfig, modelConfig } from "../model/config.ts";
import type { Model } from "../model/model.ts";
import { buildWeights } from "../model/weights.ts";
import { decodeFloats, encodeFloat32 } from "./floats.ts";
import { checkNoAdapters, unsupportedField } from "./supported.ts";

const HEADER_BYTES = 28;

/** The fixed features of the format. */
const fixed = {
  norm: "rmsnorm",
  normEps: 1e-5,
  finalNorm: true,
  qkNorm: false,
  positions: "rope",
  ropeTheta: 10_000,
  ropeLayout: "interleaved",
  partialRotaryFactor: 1,
  ropeScaling: null,
  slidingWindow: null,
  feedForward: "swiglu",
  attentionBias: false,
  attentionOutputBias: false,
  mlpBias: false,
  lmHeadBias: false,
} as const satisfies Partial<ModelConfig>;

/** Consecutive tensors: one, or one per layer, where `*` is the layer. */
interface Section {
  /** Null for the tables of RoPE, which a reader computes. */
  readonly name: string | null;
  /** Number of elements of each tensor. */
  readonly size: number;
}

/** The tensors in the order of the file. */
function sections(config: ModelConfig): Section[] {
  const { vocabSize: V, hiddenSize: D, intermediateSize: F, headDim: H } = config;
  const { numAttentionHeads: N, numKeyValueHeads: K, maxPositionEmbeddings: P } = config;
  return [
    { name: "model.embed_tokens.weight", size: V * D },
    { name: "model.layers.*.input_layernorm.weight", size: D },
    { name: "model.layers.*.self_attn.q_proj.weight", size: N * H * D },
    { name: "model.layers.*.self_attn.k_proj.weight", size: K * H * D },
    { name: "model.layers.*.self_attn.v_proj.weight", size: K * H * D },
    { name: "model.layers.*.self_attn.o_proj.weight", size: D * N * H },
    { name: "model.layers.*.post_attention_layernorm.weight", size: D },
    { name: "model.layers.*.mlp.gate_proj.weight", size: F * D },
    { name: "model.layers.*.mlp.down_proj.weight", size: D * F },
    { name: "model.layers.*.mlp.up_proj.weight", size: F * D },
    { name: "model.norm.weight", size: D },
    { name: null, size: P * H },
    ...(config.tieWordEmbeddings ? [] : [{ name: "lm_head.weight", size: V * D }]),
  ];
}

function fileBytes(config: ModelConfig): number {
  const { numHiddenLayers: L } = config;
  const count = ({ name, size }: Section) => size * (name?.includes("*") ? L : 1);
  return HEADER_BYTES + 4 * sections(config).reduce((sum, section) => sum + count(section), 0);
}

/** Yields every tensor and the tables of RoPE: name, offset in bytes, number of elements. */
function* layout(config: ModelConfig): Generator<Section & { readonly offset: number }> {
  let offset = HEADER_BYTES;
  for (const { name, size } of sections(config)) {
    const layers = name?.includes("*") ? config.numHiddenLayers : 1;
    for (let l = 0; l < layers; l++, offset += 4 * size) {
      yield { name: name?.replace("*", String(l)) ?? null, size, offset };
    }
  }
}

/**
 * Reads the model of a llama2.c file, with the file's name.
 *
 * @throws {Error} with the file's path, if its header is not valid, its size is not that of its
 *   header, or a weight is not finite
 */
export async function readLlama2c(path: string): Promise<Model> {
  await using file = await BinaryFile.open(path);
  const config = readHeader(path, await file.read(0, HEADER_BYTES, "a llama2.c header"));
  const bytes = fileBytes(config);
  if (file.size !== bytes) {
    throw new RangeError(`${path}: must have ${bytes} bytes by its header, got ${file.size}`);
  }
  const tensors = new Map<string, Float64Array>();
  for (const { name, size, offset } of layout(config)) {
    if (name === null) continue;
    const view = await file.read(offset, 4 * size, name);
    tensors.set(name, decodeFloats(view, "F32", `${path}: ${name}`));
  }
  const weights = buildWeights(config, (name) => tensors.get(name)!);
  return { name: basename(path, extname(path)), config, weights };
}

function readHeader(path: string, header: DataView): ModelConfig {
  const [D, F, L, N, K, V, P] = Array.from({ length: 7 }, (_, i) => header.getInt32(4 * i, true));
  try {
    return modelConfig({
      ...fixed,
      hiddenSize: D,
      intermediateSize: F,
      numHiddenLayers: L,
      numAttentionHeads: N,
      numKeyValueHeads: K,
      vocabSize: Math.abs(V),
      maxPositionEmbeddings: P,
      tieWordEmbeddings: V > 0,
    });
  } catch (error) {
    throw new RangeError(`${path}: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * Writes a model as a llama2.c file, which {@link readLlama2c} reads bit for bit.
 *
 * @throws {RangeError} with the field that the format does not support, or the weight that is not a
 *   float32; nothing is written
 */
export async function writeLlama2c(path: string, { config, weights }: Model): Promise<void> {
  const { hiddenSize: D, numAttentionHeads: N } = config;
  const obstacle = unsupportedField(config, { ...fixed, headDim: D / N });
  if (obstacle !== null) throw new RangeError(`llama2.c: ${obstacle}`);
  checkNoAdapters("llama2.c", weights);
  const tensors = new Map(weights.tensors.map(({ name, data }) => [name, data]));
  const bytes = new DataView(new ArrayBuffer(fileBytes(config)));
  writeHeader(bytes, config);
  for (const { name, offset } of layout(config)) {
    const numbers = name === null ? ropeTables(config) : tensors.get(name)!;
    encodeFloat32(bytes, offset, numbers, `llama2.c: ${name}`);
  }
  await writeWhole(path, new Uint8Array(bytes.buffer));
}

function writeHeader(bytes: DataView, config: ModelConfig): void {
  const { vocabSize: V, hiddenSize: D, intermediateSize: F, numHiddenLayers: L } = config;
  const { numAttentionHeads: N, numKeyValueHeads: K, maxPositionEmbeddings: P } = config;
  const header = [D, F, L, N, K, config.tieWordEmbeddings ? V : -V, P];
  for (const [i, field] of header.entries()) bytes.setInt32(4 * i, field, true);
}

/** Returns the cosines, then the sines, of all positions, `[P, H / 2]` each, for older programs. */
function ropeTables(config: ModelConfig): Float64Array {
  const frequencies = ropeFrequencies(config);
  const pairs = frequencies.length;
  const size = config.maxPositionEmbeddings * pairs;
  const tables = new Float64Array(2 * size);
  for (let i = 0; i < size; i++) {
    const angle = Math.floor(i / pairs) * frequencies[i % pairs];
    tables[i] = Math.fround(Math.cos(angle));
    tables[size + i] = Math.fround(Math.sin(angle));
  }
  return tables;
}
