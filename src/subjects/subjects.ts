import fc from "fast-check";
import { type ModelParts, modelOf, modelParts, models } from "../arbitraries/models.ts";
import {
  type LlamaCppCache,
  llamaCppCapabilities,
  llamaCppDecoder,
  llamaCppVersions,
} from "../engines/llama-cpp.ts";
import { installLlamaCpp } from "../engines/llama-cpp-package.ts";
import {
  onnxRuntimeCapabilities,
  onnxRuntimeDecoder,
  onnxRuntimeVersions,
} from "../engines/onnxruntime.ts";
import {
  transformersCapabilities,
  transformersDecoder,
  transformersVersions,
} from "../engines/transformers.ts";
import { architectures } from "../formats/gguf-architectures.ts";
import { gated } from "../formats/hugging-face-family.ts";
import { complete } from "../generation/complete.ts";
import { generate, generateBatch } from "../generation/generate.ts";
import { logProbs } from "../generation/log-probs.ts";
import { speculate } from "../generation/speculate.ts";
import { modelConfig } from "../model/config.ts";
import type { Model } from "../model/model.ts";
import { referenceCapabilities, referenceDecoder } from "../reference/reference-decoder.ts";
import { sampler } from "../sampling/sampler.ts";
import { toleranceOf } from "../tolerance/arithmetics.ts";
import { candidate, defineSubject, type SubjectDefinition } from "./define-subject.ts";
import type { Subject } from "./subject.ts";

/** The reference decoder over generated models: bit for bit with itself. */
export const reference: Subject = {
  name: "reference",
  candidates: models().map((model) =>
    candidate(referenceDecoder(model.config, model.weights), model, model.name),
  ),
  capabilities: referenceCapabilities,
  knowsModel: true,
  build: ({ config, weights }) => referenceDecoder(config, weights),
  sampler,
  generation: { generate, generateBatch, speculate, logProbs, complete },
  ...toleranceOf("float64", true),
  knownFailures: {},
};

/** The reference decoder with tiled attention: other roundings, and as repeatable. */
export const referenceTiled: Subject = {
  ...reference,
  name: "reference-tiled",
  candidates: fc.tuple(models(), fc.integer({ min: 1, max: 5 })).map(([model, tileSize]) => {
    const decoder = referenceDecoder(model.config, model.weights, { attention: "tiled", tileSize });
    return candidate(decoder, model, `${model.name} in tiles of ${tileSize}`);
  }),
  build: ({ config, weights }) =>
    referenceDecoder(config, weights, { attention: "tiled", tileSize: 3 }),
};

/** The reference decoder of one model, say of a checkpoint: only tokens and calls are generated. */
export function referenceOf(model: Model): Subject {
  const decoder = referenceDecoder(model.config, model.weights);
  return {
    ...reference,
    name: model.name,
    candidates: fc.constant(candidate(decoder, model, model.name)),
  };
}

/** ONNX Runtime in float32, with its own fused operators. */
export const onnxRuntime: Subject = defineSubject({
  name: "onnxruntime",
  build: (model) => onnxRuntimeDecoder(model, { dtype: "float32" }),
  capabilities: onnxRuntimeCapabilities,
  arithmetic: "float32",
  versions: onnxRuntimeVersions,
});

/** ONNX Runtime in float64: independent logits that differ from the definition's by rounding. */
export const onnxRuntimeFloat64: Subject = defineSubject({
  name: "onnxruntime-float64",
  build: (model) => onnxRuntimeDecoder(model, { dtype: "float64" }),
  capabilities: onnxRuntimeCapabilities,
  arithmetic: "independent-float64",
  versions: onnxRuntimeVersions,
});

/** Models of every architecture of llama.cpp that is known here. */
const llamaCppModels = fc.oneof(
  models(architectures.llama),
  models({ ...architectures.llama, ropeLayout: "half-split" }),
  models(architectures.qwen3),
  modelParts(architectures.qwen2).map(withSquareQueries).map(modelOf),
  modelParts(architectures.gpt2).map(withSquareQueries).map(modelOf),
);

/** N * H = D, as llama.cpp has it in some architectures. */
function withSquareQueries({ config, ...parts }: ModelParts): ModelParts {
  const hiddenSize = config.numAttentionHeads * config.headDim;
  return { ...parts, config: modelConfig({ ...config, hiddenSize }) };
}

function llamaCppSubject(
  cache: LlamaCppCache,
  own: Pick<SubjectDefinition, "name" | "arithmetic" | "knownFailures">,
): Subject {
  const build = (model: Model) => llamaCppDecoder(model, { cache });
  return {
    ...defineSubject({
      ...own,
      build,
      capabilities: llamaCppCapabilities,
      versions: llamaCppVersions,
    }),
    candidates: llamaCppModels.map((model) => candidate(build(model), model, model.name)),
    prepare: installLlamaCpp,
  };
}

/** llama.cpp in float32, keys and values too. */
export const llamaCpp: Subject = llamaCppSubject("float32", {
  name: "llama.cpp",
  arithmetic: "ggml-float32",
});

/** llama.cpp as it is by default: keys and values in float16, attention in tiles. */
export const llamaCppFloat16: Subject = llamaCppSubject("float16", {
  name: "llama.cpp-f16",
  arithmetic: "ggml-float16",
  knownFailures: {
    "score-shift": "keys of 65,536 are beyond float16, whose largest number is 65,504",
    "finite-logits": "queries and keys beyond 65,504 are infinite in float16",
  },
});

/** Models of every family of Hugging Face that is known here; some bias q, k, v and o, or none. */
const transformersModels = fc.oneof(
  ...[false, true].flatMap((attentionBias) => {
    const bias = { ...gated, attentionBias, attentionOutputBias: attentionBias };
    const llama = modelParts({ ...bias, qkNorm: false, slidingWindow: null });
    return [
      llama.map(withWholeHeads).map(modelOf),
      models({ ...bias, mlpBias: false, qkNorm: true }),
    ];
  }),
  ...[false, true].map((attentionBias) =>
    models({ ...gated, attentionBias, attentionOutputBias: false, mlpBias: false, qkNorm: false }),
  ),
  ...(["gelu_tanh", "gelu", "relu"] as const).map((feedForward) =>
    modelParts({ ...architectures.gpt2, feedForward })
      .map(withEveryHead)
      .map(modelOf),
  ),
);

/** D a multiple of N, as transformers has it in Llama. */
function withWholeHeads({ config, ...parts }: ModelParts): ModelParts {
  const { hiddenSize: D, numAttentionHeads: N } = config;
  return { ...parts, config: modelConfig({ ...config, hiddenSize: Math.ceil(D / N) * N }) };
}

/** K = N and N * H = D, as transformers has it in GPT-2. */
function withEveryHead({ config, ...parts }: ModelParts): ModelParts {
  const numKeyValueHeads = config.numAttentionHeads;
  return withSquareQueries({ ...parts, config: modelConfig({ ...config, numKeyValueHeads }) });
}

function transformersSubject(dtype: "float32" | "float64"): Subject {
  const build = (model: Model) => transformersDecoder(model, { dtype });
  return {
    ...defineSubject({
      name: dtype === "float32" ? "transformers" : `transformers-${dtype}`,
      build,
      capabilities: transformersCapabilities,
      arithmetic: dtype === "float32" ? dtype : `independent-${dtype}`,
    }),
    candidates: transformersModels.map((model) => candidate(build(model), model, model.name)),
    prepare: async () => {
      await transformersVersions(dtype);
    },
    versions: () => transformersVersions(dtype),
  };
}

/** transformers on PyTorch in float32. */
export const transformers: Subject = transformersSubject("float32");

/** transformers on PyTorch in float64. */
export const transformersFloat64: Subject = transformersSubject("float64");

const subjects: readonly Subject[] = [
  reference,
  referenceTiled,
  onnxRuntime,
  onnxRuntimeFloat64,
  llamaCpp,
  llamaCppFloat16,
  transformers,
  transformersFloat64,
];

/** Whether a subject is this project's own decoder. */
export function isOwn(subject: Subject): boolean {
  return subject === reference || subject === referenceTiled;
}

export const subjectNames: readonly string[] = subjects.map(({ name }) => name);

/**
 * The subject with this name.
 *
 * @throws {RangeError} naming the subjects that there are
 */
export function subjectByName(name: string): Subject {
  const found = subjects.find((subject) => subject.name === name);
  if (found !== undefined) return found;
  throw new RangeError(`subject: must be one of ${subjectNames.join(", ")}, got ${name}`);
}
