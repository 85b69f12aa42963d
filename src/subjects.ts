import fc from "fast-check";
import { models } from "./arbitraries/models.ts";
import type { Decoder } from "./decoder.ts";
import { generate, generateBatch } from "./generate.ts";
import { logProbs } from "./log-probs.ts";
import type { Model } from "./model.ts";
import { referenceDecoder } from "./reference/reference-decoder.ts";
import { sampler } from "./sampling/sampler.ts";
import { speculate } from "./speculate.ts";
import type { Candidate, Subject } from "./subject.ts";

/** float64 against float64, where only the order of sums and the rounding of functions differ. */
const float64 = { absolute: 1e-13, relative: 1e-12 };

/** The reference decoder over generated models: bit for bit with itself. */
export const reference: Subject = {
  name: "reference",
  candidates: models().map((model) =>
    candidate(referenceDecoder(model.config, model.weights), model),
  ),
  capabilities: new Set(["all-rows", "rewind", "fork", "weights"]),
  knowsModel: true,
  build: ({ config, weights }) => referenceDecoder(config, weights),
  sampler,
  generation: { generate, generateBatch, speculate, logProbs },
  repeatable: "bitwise",
  accurate: float64,
};

/** The reference decoder of one model, say of a checkpoint: only tokens and calls are generated. */
export function referenceOf(model: Model): Subject {
  const decoder = referenceDecoder(model.config, model.weights);
  return { ...reference, name: model.name, candidates: fc.constant(candidate(decoder, model)) };
}

/** A decoder and its model, printed as the line that makes the model again. */
function candidate(decoder: Decoder, model: Model): Candidate {
  return Object.assign({ decoder, model }, { [fc.toStringMethod]: () => model.name });
}

const subjects: readonly Subject[] = [reference];

/**
 * The subject with this name.
 *
 * @throws {RangeError} naming the subjects that there are
 */
export function subjectByName(name: string): Subject {
  const found = subjects.find((subject) => subject.name === name);
  if (found !== undefined) return found;
  const names = subjects.map((subject) => subject.name).join(", ");
  throw new RangeError(`subject: must be one of ${names}, got ${name}`);
}
