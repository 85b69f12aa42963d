/**
 * Adapters without their base, in a folder of PEFT: `adapter_config.json`, and
 * `adapter_model.safetensors` with A and B of every adapted layer.
 *
 * Layers have the names of Llama's modules for every family: q, k and v of a GPT-2 have an adapter
 * each, for which PEFT, whose GPT-2 stores the three in one layer, has no name.
 *
 * @see github.com/huggingface/peft, "LoRA" and "Checkpoint format" in its documentation
 */
import { join } from "node:path";
import { writeWhole } from "../io/files.ts";
import { type JsonObject, readJsonObject } from "../io/json.ts";
import { targetsOf, withLora } from "../model/lora.ts";
import type { Model } from "../model/model.ts";
import type { LoraConfig, LoraTarget } from "../model/weights.ts";
import type { WrittenType } from "./floats.ts";
import { readSafetensors, writeSafetensors } from "./safetensors.ts";

const CONFIG = "adapter_config.json";
const TENSORS = "adapter_model.safetensors";
const PREFIX = "base_model.model.";

/**
 * Writes the adapters of a model, and the name of its base.
 *
 * @param base the MODEL argument of the base: a name or a path
 * @param type as in {@link writeSafetensors}
 * @throws {RangeError} if it has no adapters; nothing is written
 */
export async function writePeft(
  folder: string,
  { name, weights }: Pick<Model, "name" | "weights">,
  base: string,
  type?: WrittenType,
): Promise<void> {
  const { lora, tensors } = weights;
  if (lora === null) throw new RangeError(`${name}: the weights must have adapters, got none`);
  const adapters = tensors
    .filter((tensor) => tensor.name.includes(".lora_"))
    .map((tensor) => ({ ...tensor, name: PREFIX + tensor.name }));
  await writeSafetensors(join(folder, TENSORS), adapters, type);
  const words = {
    peft_type: "LORA",
    task_type: "CAUSAL_LM",
    base_model_name_or_path: base,
    r: lora.rank,
    lora_alpha: lora.alpha,
    target_modules: lora.targets,
    lora_dropout: 0,
    bias: "none",
    fan_in_fan_out: false,
    inference_mode: true,
  };
  await writeWhole(join(folder, CONFIG), `${JSON.stringify(words, null, 2)}\n`);
}

/** Returns the base of a folder's adapters: a name or a path. */
export async function peftBase(folder: string): Promise<string> {
  const path = join(folder, CONFIG);
  const { base_model_name_or_path: base } = await readJsonObject(path);
  if (typeof base === "string" && base !== "") return base;
  throw new RangeError(`${path}: base_model_name_or_path must be a name or a path, got ${base}`);
}

/**
 * Returns the base with the adapters of a folder; the tensors of the base are shared.
 *
 * @throws {Error} with the file's path, on an unsupported kind of adapter, or a tensor that is
 *   missing, unknown or of another shape
 */
export async function readPeft(folder: string, base: Model): Promise<Model> {
  const path = join(folder, CONFIG);
  const lora = readConfig(path, await readJsonObject(path), base);
  const weights = withLora(base.config, base.weights, lora, 0);
  const file = join(folder, TENSORS);
  const stored = new Map((await readSafetensors(file)).map((tensor) => [tensor.name, tensor]));
  for (const { name, shape, data } of weights.tensors) {
    if (!name.includes(".lora_")) continue;
    const found = stored.get(PREFIX + name);
    if (String(found?.shape) !== String(shape)) {
      const got = found === undefined ? "none" : `[${found.shape}]`;
      throw new RangeError(`${file}: ${PREFIX}${name}: must be [${shape}], got ${got}`);
    }
    data.set(found!.data);
    stored.delete(PREFIX + name);
  }
  for (const [name, { shape }] of stored) {
    throw new RangeError(`${file}: ${name}: must be of a target module, got [${shape}]`);
  }
  return { ...base, weights };
}

/** Fields that would change the arithmetic, with the only supported values. */
const fixed: JsonObject = { peft_type: "LORA", bias: "none", fan_in_fan_out: false };
const off = ["use_rslora", "use_dora", "rank_pattern", "alpha_pattern", "modules_to_save"];

function readConfig(path: string, words: JsonObject, { config }: Model): LoraConfig {
  for (const [word, must] of Object.entries(fixed)) {
    const got = words[word] ?? must;
    if (got !== must) throw new RangeError(`${path}: ${word} must be ${must}, got ${got}`);
  }
  for (const word of off) {
    const got = words[word] ?? false;
    if (got === false || JSON.stringify(got) === "{}") continue;
    throw new RangeError(`${path}: ${word} must be absent, got ${JSON.stringify(got)}`);
  }
  const { r: rank, lora_alpha: alpha, target_modules: modules } = words;
  const targets = (Array.isArray(modules) ? modules : []) as LoraTarget[];
  const wrong = targets.find((target) => !targetsOf(config).includes(target));
  if (typeof rank !== "number" || typeof alpha !== "number") {
    throw new RangeError(`${path}: r and lora_alpha must be numbers, got ${rank} and ${alpha}`);
  }
  if (targets.length === 0 || wrong !== undefined) {
    const must = `target_modules must be some of ${targetsOf(config).join(", ")}`;
    throw new RangeError(`${path}: ${must}, got ${wrong ?? JSON.stringify(modules)}`);
  }
  return { rank, alpha, targets };
}
