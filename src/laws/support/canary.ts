/**
 * Canaries: violations of a law, planted into a subject that otherwise stays as it is. A law that
 * does not detect its canary on a subject proves nothing about that subject.
 */
import type { Decoder } from "../../decoder.ts";
import type { Generation } from "../../generation/generation.ts";
import type { Model } from "../../model/model.ts";
import type { Sampler } from "../../sampling/sampler.ts";
import type {
  Completer,
  CompletionsSubject,
  LogitsSubject,
  SubjectKind,
  SubjectKinds,
} from "../../subjects/subject.ts";

/** A violation of a law that can be planted into any subject of its kind. */
export interface Canary<Kind extends SubjectKind = SubjectKind> {
  /** Description of the planted violation. */
  readonly bug: string;
  /** Returns the subject, which is of the law's kind, with the violation. */
  inject(subject: SubjectKinds[Kind]): SubjectKinds[Kind];
}

/** Returns a canary that wraps every decoder of a subject, including those that a law builds. */
export function decoderCanary(
  bug: string,
  wrap: (decoder: Decoder, model: Model | null, subject: LogitsSubject) => Decoder,
): Canary<"logits"> {
  const inject = (subject: LogitsSubject): LogitsSubject => ({
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
export function buildCanary(bug: string, change: (model: Model) => Model): Canary<"logits"> {
  const inject = (subject: LogitsSubject): LogitsSubject => ({
    ...subject,
    build: subject.build && ((model) => subject.build!(change(model))),
  });
  return { bug, inject };
}

/** Returns a canary that replaces functions of generation. */
export function generationCanary(
  bug: string,
  replace: (generation: Generation) => Partial<Generation>,
): Canary<"logits"> {
  // A canary only runs where the subject offers every function that its law needs.
  const inject = (subject: LogitsSubject): LogitsSubject => ({
    ...subject,
    generation: { ...subject.generation, ...replace(subject.generation as Generation) },
  });
  return { bug, inject };
}

/** Completes a prompt in place of a completer, which it may use. */
type Completing = (
  completer: Completer,
  ...request: Parameters<Completer["complete"]>
) => ReturnType<Completer["complete"]>;

/**
 * Returns a canary that replaces the function which completes prompts.
 *
 * @param plant called for each generated completer, so that what its result remembers ends with the
 *   case: a case that detects it detects it again
 */
export function completionsCanary(bug: string, plant: () => Completing): Canary<"completions"> {
  const inject = (subject: CompletionsSubject): CompletionsSubject => {
    const candidates = subject.candidates.map((completer) => {
      const completing = plant();
      const complete: Completer["complete"] = (...request) => completing(completer, ...request);
      return { ...completer, complete };
    });
    return { ...subject, candidates };
  };
  return { bug, inject };
}

/** Returns a canary that replaces functions of the sampler. */
export function samplerCanary(
  bug: string,
  replace: (sampler: Sampler) => Partial<Sampler>,
): Canary<"choice"> {
  return {
    bug,
    inject: (subject) => ({
      ...subject,
      sampler: { ...subject.sampler, ...replace(subject.sampler as Sampler) },
    }),
  };
}

/** Returns a canary that replaces speculative generation. */
export function speculationCanary(
  bug: string,
  replace: (speculate: Generation["speculate"]) => Generation["speculate"],
): Canary<"choice"> {
  return {
    bug,
    inject: ({ speculate, ...subject }) =>
      speculate === undefined ? subject : { ...subject, speculate: replace(speculate) },
  };
}
