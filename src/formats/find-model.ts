/** The MODEL argument of commands: a named model, or the path of a file or folder. */
import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { weightBytes } from "../cost/memory.ts";
import { readJsonObject } from "../io/json.ts";
import { grouped } from "../io/text-table.ts";
import type { ModelConfig } from "../model/config.ts";
import type { Model } from "../model/model.ts";
import type { NamedModel } from "../model/named/named-model.ts";
import { namedModels } from "../model/named/registry.ts";
import { tinyWords } from "../model/named/tiny-words.ts";
import { trainedFolder } from "../model/trained/trained.ts";
import { initWeights } from "../model/weights.ts";
import { byteTokenizer } from "../tokenizers/bytes.ts";
import type { Tokenizer } from "../tokenizers/tokenizer.ts";
import { wordTokenizer } from "../tokenizers/words.ts";
import { configFromHuggingFace } from "./hugging-face-config.ts";
import { loadModel } from "./load.ts";
import { peftBase, readPeft } from "./peft.ts";

/** Largest size of weights in bytes, as float64: more are refused before allocation. */
const mostBytes = 2_000_000_000;

/** The named models whose vocabulary is {@link tinyWords}. */
const wordModels: readonly string[] = ["tiny", "tiny-long"];

/**
 * Returns the configuration of MODEL and its source. No weights are created, and for a folder or a
 * `config.json` none are read.
 *
 * @throws {Error} if it is neither a name nor a path, or as the reader of the format
 */
export async function findConfig(argument: string): Promise<NamedModel> {
  const named = namedModels.find(({ name }) => name === argument);
  if (named !== undefined) return named;
  const { name, config } = (await describeFolder(argument)) ?? (await readModel(argument));
  return { name, title: name, source: argument, config };
}

/** A model with weights, and its tokenizer if it has one. */
export interface FoundModel extends Model {
  readonly tokenizer: Tokenizer | null;
  /** True for random weights, as those of a named model. */
  readonly isRandom: boolean;
}

/**
 * Returns MODEL with trained weights if there are any: those of its file, those that this project
 * trained for a named model, or a folder's adapters on their base; otherwise as {@link findModel}.
 *
 * @throws {Error} as {@link findModel}
 */
export async function findTrainedModel(argument: string, seed: number): Promise<FoundModel> {
  if (isNamed(argument) || !existsSync(join(argument, "adapter_config.json"))) {
    return findModel(trainedPath(argument), seed);
  }
  const base = await findModel(trainedPath(await peftBase(argument)), seed);
  const { weights } = await readPeft(argument, base);
  return { ...base, name: basename(resolve(argument)), weights };
}

function isNamed(argument: string): boolean {
  return namedModels.some(({ name }) => name === argument);
}

/** Returns the path of the trained weights of MODEL; MODEL itself if there are none. */
function trainedPath(argument: string): string {
  return (isNamed(argument) ? trainedFolder(argument) : null) ?? argument;
}

/**
 * Returns MODEL with weights: those of its file, or random ones of `seed` for a named model.
 *
 * @throws {Error} as {@link findConfig}, or if the weights would need too much memory
 */
export async function findModel(argument: string, seed: number): Promise<FoundModel> {
  const named = namedModels.find(({ name }) => name === argument);
  if (named === undefined) {
    const described = await describeFolder(argument);
    if (described !== null) checkWeights(argument, described.config);
    const model = await readModel(argument);
    return { ...model, tokenizer: model.tokenizer ?? bytesOf(model.config), isRandom: false };
  }
  const { name, config } = named;
  checkWeights(name, config);
  const tokenizer = wordModels.includes(name) ? wordTokenizer(tinyWords) : bytesOf(config);
  return { name, config, weights: initWeights(config, seed), tokenizer, isRandom: true };
}

function bytesOf({ vocabSize }: ModelConfig): Tokenizer | null {
  return vocabSize === byteTokenizer.vocabSize ? byteTokenizer : null;
}

/** Reads name and configuration of a Hugging Face folder or its `config.json`; else null. */
async function describeFolder(path: string): Promise<Pick<Model, "name" | "config"> | null> {
  const file = basename(path) === "config.json" ? path : join(path, "config.json");
  if (!existsSync(file)) return null;
  const config = configFromHuggingFace(await readJsonObject(file), file);
  return { name: basename(dirname(resolve(file))), config };
}

async function readModel(path: string) {
  if (!existsSync(path)) {
    const must = 'must be a path, or a name that "causalgate summary" lists';
    throw new RangeError(`model: ${must}, got "${path}"`);
  }
  // No format stores a weight in more than the eight bytes that it has in memory.
  checkBytes(path, BigInt((await stat(path)).size));
  return loadModel(path);
}

function checkWeights(who: string, config: ModelConfig): void {
  checkBytes(who, weightBytes(config, 8), "; summary and cost need no weights");
}

function checkBytes(who: string, bytes: bigint, fix = ""): void {
  if (bytes <= BigInt(mostBytes)) return;
  const must = `the weights must take at most ${grouped(mostBytes)} bytes as float64`;
  throw new RangeError(`${who}: ${must}, got ${grouped(bytes)}${fix}`);
}
