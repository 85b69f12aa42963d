/**
 * An engine that holds one checkpoint, as most engines do: only tokens and calls are generated. A
 * folder or file in the format of Hugging Face, GGUF or llama2.c is loaded by `loadModel`:
 * `CHECKPOINT=path npx vitest run 006-fixed-checkpoint.test.ts`.
 */
import { defineSubject, loadModel, modelConfig, randomWeights } from "causalgate";
import { engine, only } from "./001-own-engine.ts";

const sizes = { hiddenSize: 16, intermediateSize: 24, numHiddenLayers: 2, numAttentionHeads: 4 };
const config = modelConfig({
  ...sizes,
  numKeyValueHeads: 2,
  vocabSize: 32,
  maxPositionEmbeddings: 32,
});
const { CHECKPOINT: path } = process.env;
const model =
  path === undefined
    ? { name: "a small checkpoint", config, weights: randomWeights(config, 1) }
    : await loadModel(path);

export default defineSubject({
  name: `own engine with ${model.name}`,
  // With `model`, logits are also compared with the definition; without, only with each other.
  fixed: { engine: engine(model), config: model.config, model },
  only, // a checkpoint with another option is refused
  arithmetic: "float64",
  bitwise: true,
  capabilities: ["all-rows", "rewind", "fork"],
});
