import fc from "fast-check";
import { models } from "./arbitraries/models.ts";
import { candidate, defineSubject } from "./define-subject.ts";
import { onnxRuntimeCapabilities, onnxRuntimeDecoder } from "./engines/onnxruntime.ts";
import { generate, generateBatch } from "./generate.ts";
import { logProbs } from "./log-probs.ts";
import type { Model } from "./model.ts";
import { referenceCapabilities, referenceDecoder } from "./reference/reference-decoder.ts";
import { sampler } from "./sampling/sampler.ts";
import { speculate } from "./speculate.ts";
import type { Subject } from "./subject.ts";

/** float64 against float64, where only the order of sums and the rounding of functions differ. */
const float64 = { absolute: 1e-13, relative: 1e-12 };

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
  generation: { generate, generateBatch, speculate, logProbs },
  repeatable: "bitwise",
  accurate: float64,
  noise: null,
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
});

/**
 * Other sums and other functions in float64. A model can amplify their roundings: of 1,500
 * generated ones the worst was off by 1e-12 of its largest logit.
 */
const strangersFloat64 = { absolute: 1e-9, relative: 1e-9 };

/** ONNX Runtime in float64: a stranger's answer that differs from the definition's by rounding. */
export const onnxRuntimeFloat64: Subject = {
  ...defineSubject({
    name: "onnxruntime-float64",
    build: (model) => onnxRuntimeDecoder(model, { dtype: "float64" }),
    capabilities: onnxRuntimeCapabilities,
    arithmetic: "float64",
  }),
  repeatable: strangersFloat64,
  accurate: strangersFloat64,
};

const subjects: readonly Subject[] = [reference, referenceTiled, onnxRuntime, onnxRuntimeFloat64];

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
