/**
 * Hugging Face transformers on PyTorch: a Python program, transformers-adapter.py, that loads every
 * model from a folder as transformers has it. `CAUSALGATE_PYTHON` names the Python that has both
 * packages; by default it is `python3`.
 *
 * @see huggingface.co/docs/transformers
 */
import { join } from "node:path";
import { type Decoder, NotOffered } from "../decoder.ts";
import { writeHuggingFace } from "../formats/hugging-face.ts";
import { configToHuggingFace } from "../formats/hugging-face-family.ts";
import type { Model } from "../model/model.ts";
import { ModelHost } from "./model-host.ts";

type Dtype = "float32" | "float64";

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
 * @throws {NotOffered} on a configuration that no family can say, or with a window of 1: its cache
 *   forgets nothing (transformers 5.23.0; properties/engine-bugs has a script that shows it)
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

/** One program for all decoders of a type: started by the first sequence, ended with this one. */
const hosts: Readonly<Record<Dtype, ModelHost>> = {
  float32: hostOf("float32"),
  float64: hostOf("float64"),
};

/**
 * A decoder on transformers, with its key-value cache. float64 is so in all steps: where
 * transformers casts to float32 whatever the model is, the adapter has float32 mean float64.
 *
 * @throws {NotOffered} when it starts, on a configuration that no family of transformers can say
 */
export function transformersDecoder(model: Model, { dtype }: { dtype: Dtype }): Decoder {
  return hosts[dtype].decoder(model);
}

/**
 * The versions of torch and transformers, as the program of this type says.
 *
 * @throws {Error} saying what to install, when there is no Python or a package is missing
 */
export function transformersVersions(
  dtype: Dtype = "float32",
): Promise<Readonly<Record<string, string>>> {
  return hosts[dtype].versions();
}
