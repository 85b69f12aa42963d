/**
 * An engine in another language: starts 008-python-engine.py once, and has it load every model that
 * the laws generate. Any program can take its place that answers the same requests.
 */
import { fileURLToPath } from "node:url";
import { defineSubject, ModelHost, NotOffered, writeHuggingFace } from "causalgate";

/** The options of a model that this engine cannot choose. */
const only = {
  norm: "rmsnorm",
  finalNorm: true,
  qkNorm: false,
  positions: "rope",
  ropeLayout: "half-split",
  partialRotaryFactor: 1,
  ropeScaling: null,
  slidingWindow: null,
  feedForward: "swiglu",
  attentionBias: false,
  attentionOutputBias: false,
  mlpBias: false,
  lmHeadBias: false,
};

const python = process.env.PYTHON ?? "python3";
const program = fileURLToPath(new URL("008-python-engine.py", import.meta.url));

const host = new ModelHost({
  name: "python engine",
  command: [python, program],
  capabilities: ["all-rows", "rewind"],
  async write(folder, model) {
    // Some laws change a model into another one: what cannot be computed is not offered.
    const missing = Object.keys(only).find((field) => model.config[field] !== only[field]);
    if (missing !== undefined) throw new NotOffered(`${missing} of ${model.config[missing]}`);
    await writeHuggingFace(folder, model, "F64");
  },
});

export default defineSubject({
  name: "python engine",
  only,
  arithmetic: "independent-float64",
  capabilities: ["all-rows", "rewind"],
  build: (model) => host.decoder(model),
});
