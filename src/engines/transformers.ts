/**
 * Hugging Face transformers on PyTorch: a Python program, transformers-adapter.py, loads every
 * model from a folder in the format of transformers. `CAUSALGATE_PYTHON` names the Python
 * interpreter that has both packages; the default is `python3`.
 *
 * @see huggingface.co/docs/transformers
 */
import { join } from "node:path";
import { type Decoder, NotOffered } from "../decoder.ts";
import { writeHuggingFace } from "../formats/hugging-face.ts";
import { configToHuggingFace } from "../formats/hugging-face-family.ts";
import type { Model } from "../model/model.ts";
import { ModelHost } from "./model-host.ts";

type Dtype = "float32" | "float64" | "bfloat16" | "float16";

export const transformersCapabilities = ["all-rows", "rewind", "fork", "offset"] as const;

const python = process.env.CAUSALGATE_PYTHON ?? "python3";
const adapter = join(import.meta.dirname, "transformers-adapter.py");

const hostOf = (dtype: Dtype) =>
  new ModelHost({
    name: dtype === "float32" ? "transformers" : `transformers-${dtype}`,
    command: [python, adapter, dtype],
    capabilities: transformersCapabilities,
    timeLimitMs: 60_000,
    write,
  });

/**
 * @throws {NotOffered} on an unsupported configuration, or a window of 1, with which its cache
 *   drops nothing (transformers 5.23.0; properties/engine-bugs has a script that shows it)
 */
async function write(folder: string, model: Model): Promise<void> {
  if (model.config.slidingWindow === 1) {
    throw new NotOffered("transformers: config.slidingWindow must be at least 2, got 1");
  }
  try {
    configToHuggingFace(model.config);
  } catch (error) {
    throw new NotOffered((error as Error).message, { cause: error });
  }
  await writeHuggingFace(folder, model);
}

/** One program for all decoders of a type, from the first sequence to the end of this process. */
const hosts: Readonly<Record<Dtype, ModelHost>> = {
  float32: hostOf("float32"),
  float64: hostOf("float64"),
  bfloat16: hostOf("bfloat16"),
  float16: hostOf("float16"),
};

/**
 * Returns a decoder on transformers, with its key-value cache. In float64 all steps are float64:
 * where transformers always casts to float32, the adapter replaces it by float64.
 *
 * @throws {NotOffered} at the start, on a configuration that transformers does not support
 */
export function transformersDecoder(model: Model, { dtype }: { dtype: Dtype }): Decoder {
  return hosts[dtype].decoder(model);
}

/**
 * Returns the versions of torch and transformers, from the program of this type.
 *
 * @throws {Error} with what to install, if Python or a package is missing
 */
export function transformersVersions(
  dtype: Dtype = "float32",
): Promise<Readonly<Record<string, string>>> {
  return hosts[dtype].versions();
}
