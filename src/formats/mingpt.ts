/**
 * minGPT's weights as JSON: its configuration, then PyTorch's tensors by name, each a shape and
 * float32 numbers in base64. A GPT-2 without tied head, whose linear weights are `[out, in]`.
 *
 * @see github.com/karpathy/minGPT, mingpt/model.py; github.com/bbycroft/llm-viz
 */
import { basename, extname } from "node:path";
import { writeWhole } from "../io/files.ts";
import { isObject, type JsonObject, readJsonObject } from "../io/json.ts";
import { type ModelConfig, modelConfig } from "../model/config.ts";
import type { Model } from "../model/model.ts";
import type { Tensor } from "../model/weights.ts";
import { decodeFloats, encodeFloat32 } from "./floats.ts";
import { joinRows, type ModuleNames, renamed, weightsFromRows } from "./rows.ts";
import { unsupportedField } from "./supported.ts";

/** The fixed features of the format. */
const fixed = {
  norm: "layernorm",
  normEps: 1e-5,
  finalNorm: true,
  qkNorm: false,
  positions: "learned",
  slidingWindow: null,
  feedForward: "gelu_tanh",
  attentionBias: true,
  attentionOutputBias: true,
  mlpBias: true,
  lmHeadBias: false,
  tieWordEmbeddings: false,
} as const satisfies Partial<ModelConfig>;

/** minGPT's dropout, used only in training. */
const dropout = { embd_pdrop: 0.1, resid_pdrop: 0.1, attn_pdrop: 0.1 };

const FLOAT32 = "torch.float32";

const outside: ModuleNames = {
  "model.embed_tokens": "transformer.wte",
  "model.embed_positions": "transformer.wpe",
  "model.norm": "transformer.ln_f",
  lm_head: "lm_head",
};

const inside: ModuleNames = {
  input_layernorm: "ln_1",
  "self_attn.q_proj": "attn.c_attn",
  "self_attn.k_proj": "attn.c_attn",
  "self_attn.v_proj": "attn.c_attn",
  "self_attn.o_proj": "attn.c_proj",
  post_attention_layernorm: "ln_2",
  "mlp.up_proj": "mlp.c_fc",
  "mlp.down_proj": "mlp.c_proj",
};

function minGptName(name: string): string {
  return renamed(name, outside, "transformer.h", inside);
}

/**
 * Reads the model of a minGPT file, with the name of its `model_type`.
 *
 * @throws {Error} with the file and the field or tensor, on other JSON; on a tensor that is
 *   missing, unknown, of another shape or type, or not finite; on a mask that is not the causal one
 */
export async function readMinGpt(path: string): Promise<Model> {
  const { config: words, ...tensors } = await readJsonObject(path);
  if (!isObject(words))
    throw new RangeError(`${path}: config must be an object, got ${brief(words)}`);
  const config = readConfig(path, words);
  const stored = new Map<string, Tensor>();
  for (const [name, value] of Object.entries(tensors)) {
    const tensor = readTensor(name, value, `${path}: ${name}`);
    if (isMask(name, config)) checkMask(tensor, config, path);
    else stored.set(name, tensor);
  }
  const weights = weightsFromRows(config, stored, minGptName, path);
  const name = words.model_type;
  return { name: typeof name === "string" ? name : basename(path, extname(path)), config, weights };
}

function readConfig(path: string, words: JsonObject): ModelConfig {
  const { model_type, n_layer, n_head, n_embd, vocab_size, block_size, ...others } = words;
  const unknown = Object.keys(others).find((word) => !Object.hasOwn(dropout, word));
  if (unknown !== undefined) {
    const must = "must be absent, because its effect is not supported";
    throw new RangeError(`${path}: config.${unknown} ${must}`);
  }
  try {
    return modelConfig({
      ...fixed,
      vocabSize: vocab_size as number,
      hiddenSize: n_embd as number,
      intermediateSize: 4 * (n_embd as number),
      numHiddenLayers: n_layer as number,
      numAttentionHeads: n_head as number,
      maxPositionEmbeddings: block_size as number,
    });
  } catch (error) {
    throw new RangeError(`${path}: ${(error as Error).message}`, { cause: error });
  }
}

function readTensor(name: string, value: unknown, who: string): Tensor {
  if (!isObject(value)) throw new RangeError(`${who} must be an object, got ${brief(value)}`);
  const { shape, dtype, data } = value;
  if (
    !Array.isArray(shape) ||
    !shape.every((extent) => Number.isSafeInteger(extent) && extent > 0)
  ) {
    throw new RangeError(`${who}: shape must be a list of sizes, got ${brief(shape)}`);
  }
  if (dtype !== FLOAT32) {
    throw new RangeError(`${who}: dtype must be ${FLOAT32}, got ${brief(dtype)}`);
  }
  const bytes = Buffer.from(typeof data === "string" ? data : "", "base64");
  // Node skips characters that are not base64; encoding again detects that.
  if (bytes.toString("base64") !== data) {
    throw new RangeError(`${who}: data must be base64, got ${brief(data)}`);
  }
  const size = 4 * shape.reduce((product, extent) => product * extent, 1);
  if (bytes.length !== size) {
    throw new RangeError(`${who}: [${shape}] must have ${size} bytes, got ${bytes.length}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return { name, shape, data: decodeFloats(view, "F32", who) };
}

function brief(value: unknown): string {
  return String(JSON.stringify(value)).slice(0, 40);
}

/** Returns true for the mask of a layer, which is stored under the name of a bias. */
function isMask(name: string, config: ModelConfig): boolean {
  const l = /^transformer\.h\.(\d+)\.attn\.bias$/.exec(name)?.[1];
  return l !== undefined && Number(l) < config.numHiddenLayers;
}

/** Returns the causal mask, `[1, 1, P, P]`, which PyTorch stores with the weights. */
function causalMask({ maxPositionEmbeddings: P }: ModelConfig): Float64Array {
  return Float64Array.from({ length: P * P }, (_, i) => (i % P <= Math.floor(i / P) ? 1 : 0));
}

function checkMask({ name, shape, data }: Tensor, config: ModelConfig, path: string): void {
  const P = config.maxPositionEmbeddings;
  if (data.length !== P * P || causalMask(config).some((seen, i) => seen !== data[i])) {
    throw new RangeError(
      `${path}: ${name}: must be the causal mask of ${P} positions, got [${shape}]`,
    );
  }
}

/**
 * Writes a model as minGPT's JSON, which {@link readMinGpt} reads bit for bit.
 *
 * @throws {RangeError} with the field that the format does not support, or the weight that is not a
 *   float32; nothing is written
 */
export async function writeMinGpt(path: string, { name, config, weights }: Model): Promise<void> {
  const { hiddenSize: D, numAttentionHeads: N, maxPositionEmbeddings: P } = config;
  const derived = { numKeyValueHeads: N, headDim: D / N, intermediateSize: 4 * D };
  const wrong = unsupportedField(config, { ...fixed, ...derived });
  if (wrong !== null) throw new RangeError(`minGPT: ${wrong}`);
  const words = {
    model_type: name,
    n_layer: config.numHiddenLayers,
    n_head: N,
    n_embd: D,
    vocab_size: config.vocabSize,
    block_size: P,
    ...dropout,
  };
  const mask = { shape: [1, 1, P, P], data: causalMask(config) };
  const tensors = joinRows(weights.tensors, minGptName).flatMap((tensor) => {
    const layer = /^(transformer\.h\.\d+\.attn)\.c_attn\.weight$/.exec(tensor.name)?.[1];
    return layer === undefined ? [tensor] : [{ ...mask, name: `${layer}.bias` }, tensor];
  });
  const written = tensors.map((tensor) => [tensor.name, tensorJson(tensor)]);
  await writeWhole(
    path,
    JSON.stringify({ config: words, ...Object.fromEntries(written) }, null, 4),
  );
}

function tensorJson({ name, shape, data }: Tensor): JsonObject {
  const bytes = Buffer.alloc(4 * data.length);
  encodeFloat32(new DataView(bytes.buffer, bytes.byteOffset), 0, data, `minGPT: ${name}`);
  return { shape, dtype: FLOAT32, data: bytes.toString("base64") };
}
