/**
 * Canaries: violations of a law, planted into a subject that otherwise stays as it is. A law that
 * does not detect its canary on a subject proves nothing about that subject.
 */
import type { Decoder } from "../../decoder.ts";
import type { Generation } from "../../generation/generation.ts";
import type { Model } from "../../model/model.ts";
import type { Sampler } from "../../sampling/sampler.ts";
import type { Subject } from "../../subjects/subject.ts";

export interface Canary {
  /** Description of the planted violation. */
  readonly bug: string;
  /** Returns the subject with the violation. */
  readonly inject: (subject: Subject) => Subject;
}

/** Returns a canary that wraps every decoder of a subject, including those that a law builds. */
export function decoderCanary(
  bug: string,
  wrap: (decoder: Decoder, model: Model | null, subject: Subject) => Decoder,
): Canary {
  const inject = (subject: Subject): Subject => ({
    ...subject,
    build: subject.build && ((model) => wrap(subject.build!(model), model, subject)),
    candidates: subject.candidates.map((candidate) => ({
      ...candidate,
      decoder: wrap(candidate.decoder, candidate.model, subject),
    })),
  });
  return { bug, inject };
}

/** Returns a canary for laws that need `build`: it builds the decoder of a changed model. */
export function buildCanary(bug: string, change: (model: Model) => Model): Canary {
  const inject = (subject: Subject): Subject => ({
    ...subject,
    build: subject.build && ((model) => subject.build!(change(model))),
  });
  return { bug, inject };
}

/** Returns a canary that replaces functions of the sampler. */
export function samplerCanary(
  bug: string,
  replace: (sampler: Sampler) => Partial<Sampler>,
): Canary {
  // A canary only runs where the subject offers every function that its law needs.
  const inject = (subject: Subject): Subject => ({
    ...subject,
    sampler: { ...subject.sampler, ...replace(subject.sampler as Sampler) },
  });
  return { bug, inject };
}

/** Returns a canary that replaces functions of generation. */
export function generationCanary(
  bug: string,
  replace: (generation: Generation) => Partial<Generation>,
): Canary {
  const inject = (subject: Subject): Subject => ({
    ...subject,
    generation: { ...subject.generation, ...replace(subject.generation as Generation) },
  });
  return { bug, inject };
}
