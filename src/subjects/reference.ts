/** This project's own decoder as a subject. */
import fc from "fast-check";
import { models } from "../arbitraries/models.ts";
import { complete } from "../generation/complete.ts";
import { generate, generateBatch } from "../generation/generate.ts";
import { logProbs } from "../generation/log-probs.ts";
import { speculate } from "../generation/speculate.ts";
import type { Model } from "../model/model.ts";
import { referenceCapabilities, referenceDecoder } from "../reference/reference-decoder.ts";
import { sampler } from "../sampling/sampler.ts";
import { toleranceOf } from "../tolerance/subject-tolerance.ts";
import type { WholeSubject } from "./arguments/observed-subject.ts";
import { candidate } from "./define-subject.ts";
import { generated } from "./generated.ts";
import type { LogitsSubject } from "./subject.ts";

/** The reference decoder over generated models: bit for bit with itself. */
export const reference: WholeSubject = {
  kind: "logits",
  name: "reference",
  ...generated((sizes) =>
    models({}, sizes).map((model) =>
      candidate(referenceDecoder(model.config, model.weights), model, model.name),
    ),
  ),
  capabilities: referenceCapabilities,
  knowsModel: true,
  build: ({ config, weights }) => referenceDecoder(config, weights),
  sampler,
  generation: { generate, generateBatch, speculate, logProbs, complete },
  ...toleranceOf("float64", { bitwise: true }),
  knownFailures: {},
};

/** The reference decoder with tiled attention: other roundings, and as repeatable. */
export const referenceTiled: LogitsSubject = {
  ...reference,
  name: "reference-tiled",
  ...generated((sizes) =>
    fc.tuple(models({}, sizes), fc.integer({ min: 1, max: 5 })).map(([model, tileSize]) => {
      const { config, weights } = model;
      const decoder = referenceDecoder(config, weights, { attention: "tiled", tileSize });
      return candidate(decoder, model, `${model.name} in tiles of ${tileSize}`);
    }),
  ),
  build: ({ config, weights }) =>
    referenceDecoder(config, weights, { attention: "tiled", tileSize: 3 }),
};

/** Returns the reference decoder of one model: only tokens and calls are generated. */
export function referenceOf(model: Model): LogitsSubject {
  const decoder = referenceDecoder(model.config, model.weights);
  const { candidatesOf: _generated, ...others } = reference;
  return {
    ...others,
    name: model.name,
    candidates: fc.constant(candidate(decoder, model, model.name)),
  };
}
