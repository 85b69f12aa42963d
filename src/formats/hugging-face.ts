/** A folder as Hugging Face's transformers writes it: `config.json` and `model.safetensors`. */
import { basename, join, resolve } from "node:path";
import { writeWhole } from "../io/files.ts";
import { isObject, type JsonObject, readJsonObject } from "../io/json.ts";
import type { Model } from "../model/model.ts";
import { buildWeights } from "../model/weights.ts";
import type { WrittenType } from "./floats.ts";
import { fromGpt2, toGpt2 } from "./gpt2-tensors.ts";
import { configFromHuggingFace } from "./hugging-face-config.ts";
import { configToHuggingFace } from "./hugging-face-family.ts";
import { toHalfSplit, toInterleaved } from "./rope-order.ts";
import { writeSafetensors } from "./safetensors.ts";
import { checkNoAdapters } from "./supported.ts";
import { TensorFolder } from "./tensor-folder.ts";

/**
 * Reads the model of a folder, with the folder's name. RoPE is half-split, as in all these
 * families, unless {@link writeHuggingFace} wrote the folder from an interleaved model, which is
 * restored.
 *
 * @throws {Error} with the file and the field or tensor, on an unsupported family or feature, or a
 *   tensor that is missing, unknown, of another shape or not finite
 */
export async function readHuggingFace(folder: string): Promise<Model> {
  const path = join(folder, "config.json");
  const json = await readJsonObject(path);
  const config = configFromHuggingFace(json, path);
  const layout = ropeLayoutOf(json, path);
  const isGpt2 = json.model_type === "gpt2";
  const tensors = await TensorFolder.open(folder, isGpt2 ? "transformer." : "");
  const { numHiddenLayers: L } = config;
  if (L > tensors.size) {
    throw new RangeError(`${folder}: must hold ${L} layers, got ${tensors.size} tensors`);
  }
  const weights = buildWeights(config, isGpt2 ? fromGpt2(tensors.take) : tensors.take);
  if (config.tieWordEmbeddings) {
    const { vocabSize: V, hiddenSize: D } = config;
    tensors.takeCopy("lm_head.weight", [V, D], weights.embedTokens);
  }
  tensors.checkAllTaken();
  const model = { name: basename(resolve(folder)), config, weights };
  return layout === "interleaved" ? toInterleaved(model) : model;
}

/** Returns the original layout, from the note of {@link writeHuggingFace}. */
function ropeLayoutOf({ causalgate: note }: JsonObject, path: string): unknown {
  if (note === undefined) return "half-split";
  const layout = isObject(note) ? note.rope_layout : undefined;
  if (layout !== "interleaved") {
    throw new RangeError(`${path}: causalgate.rope_layout must be interleaved, got ${layout}`);
  }
  return layout;
}

/**
 * Writes a model as a folder that transformers also reads, in the first family that supports it:
 * Llama, Mistral, Qwen 2, Qwen 3 or GPT-2. {@link readHuggingFace} returns the same weights, bit
 * for bit.
 *
 * An interleaved model is written half-split, with q and k reordered to the equivalent model, and a
 * note from which the reader restores the original order; see rope-order.ts. GPT-2 has no fields of
 * RoPE, which learned positions do not use: they are read as defaults.
 *
 * @param type as in {@link writeSafetensors}
 * @throws {RangeError} with the unsupported field of each family, or on adapters; nothing is
 *   written
 */
export async function writeHuggingFace(
  folder: string,
  model: Model,
  type?: WrittenType,
): Promise<void> {
  const words = configToHuggingFace(model.config);
  checkNoAdapters("Hugging Face", model.weights);
  const { tensors } = toHalfSplit(model).weights;
  const stored = words.model_type === "gpt2" ? toGpt2(tensors) : tensors;
  const dtype = await writeSafetensors(join(folder, "model.safetensors"), stored, type);
  const { positions, ropeLayout } = model.config;
  const permuted = positions === "rope" && ropeLayout === "interleaved";
  const json = {
    ...words,
    torch_dtype: { F16: "float16", F32: "float32", F64: "float64" }[dtype],
    ...(permuted ? { causalgate: { rope_layout: ropeLayout } } : {}),
  };
  await writeWhole(join(folder, "config.json"), `${JSON.stringify(json, null, 2)}\n`);
}
