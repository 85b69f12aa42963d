import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { BinaryFile } from "../io/binary-file.ts";
import type { Model } from "../model/model.ts";
import { readHuggingFaceTokenizer } from "../tokenizers/hugging-face.ts";
import { readLlama2cTokenizer } from "../tokenizers/llama2c-bpe.ts";
import type { Tokenizer } from "../tokenizers/tokenizer.ts";
import { readGguf } from "./gguf.ts";
import { readHuggingFace } from "./hugging-face.ts";
import { readLlama2c } from "./llama2c.ts";
import { readMinGpt } from "./mingpt.ts";

/** A model, and the tokenizer in its folder. */
export type LoadedModel = Model & { readonly tokenizer?: Tokenizer };

/**
 * Loads the model at `path`. The format follows from the content, not the name: a folder is Hugging
 * Face's, a file that begins with `GGUF` or `{` is GGUF or minGPT's JSON, any other is llama2.c's.
 *
 * @throws {Error} with the file's path, as the reader of the format
 */
export async function loadModel(path: string): Promise<LoadedModel> {
  if ((await stat(path)).isDirectory()) return loadFolder(path);
  const start = await startOf(path);
  if (start.startsWith("GGUF")) return readGguf(path);
  if (start.trimStart().startsWith("{")) return readMinGpt(path);
  if (start.slice(4) === "\0\0\0\0{") {
    throw new RangeError(`${path}: must be loaded by its folder, whose config.json it needs`);
  }
  const model = await readLlama2c(path);
  return withTokenizer(model, await llama2cTokenizer(dirname(path), model.config.vocabSize));
}

/** Returns the first bytes of a file, one character each. */
async function startOf(path: string): Promise<string> {
  await using file = await BinaryFile.open(path);
  const { buffer } = await file.read(0, Math.min(9, file.size), "the start");
  return Buffer.from(buffer).toString("latin1");
}

async function loadFolder(folder: string): Promise<LoadedModel> {
  const model = await readHuggingFace(folder);
  if (!existsSync(join(folder, "tokenizer.json"))) return model;
  return withTokenizer(model, await readHuggingFaceTokenizer(folder));
}

function withTokenizer(model: Model, tokenizer: Tokenizer | null): LoadedModel {
  return tokenizer === null ? model : { ...model, tokenizer };
}

/** Finds the tokenizer of llama2.c: named by its size, or Llama's; other sizes do not match. */
async function llama2cTokenizer(folder: string, vocabSize: number): Promise<Tokenizer | null> {
  for (const name of [`tok${vocabSize}.bin`, "tokenizer.bin"]) {
    const path = join(folder, name);
    if (!existsSync(path)) continue;
    const tokenizer = await readLlama2cTokenizer(path);
    if (tokenizer.vocabSize === vocabSize) return tokenizer;
  }
  return null;
}
