import type { Generation } from "../../generation/generation.ts";
import type { Sampler } from "../../sampling/sampler.ts";
import type { Candidate, LogitsSubject } from "../subject.ts";
import { observedDecoder } from "./observed-decoder.ts";
import { observedGeneration } from "./observed-generation.ts";
import { observedSampler } from "./observed-sampler.ts";
import type { OccurredArguments } from "./occurred.ts";

/** A subject that offers every function, so that every operation can be observed. */
export interface WholeSubject extends LogitsSubject {
  readonly sampler: Sampler;
  readonly generation: Generation;
}

/** Returns the subject, with every call of a law counted by the classes of its arguments. */
export function observedSubject(subject: WholeSubject, occurred: OccurredArguments): LogitsSubject {
  const { build, candidates, candidatesOf, sampler, generation } = subject;
  const observed = (candidate: Candidate) => {
    return { ...candidate, decoder: observedDecoder(candidate.decoder, occurred) };
  };
  return {
    ...subject,
    candidates: candidates.map(observed),
    ...(candidatesOf && { candidatesOf: (sizes) => candidatesOf(sizes).map(observed) }),
    build: build === null ? null : (model) => observedDecoder(build(model), occurred),
    sampler: observedSampler(sampler, occurred),
    generation: observedGeneration(generation, occurred),
  };
}
