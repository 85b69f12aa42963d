/**
 * Canaries: wrappers with one bug each around a decoder or sampler that is right. A law that keeps
 * quiet about its canary is blind on that subject, and what it says of it means nothing.
 */
import type { Batch, Decoder, Sequence } from "../decoder.ts";
import type { Generation } from "../generation/generation.ts";
import type { Model } from "../model/model.ts";
import type { Sampler } from "../sampling/sampler.ts";
import type { Subject } from "../subjects/subject.ts";

export interface Canary {
  /** The planted bug, in words. */
  readonly bug: string;
  /** The code of the law that must catch it. */
  readonly diesOf: string;
  readonly infect: (subject: Subject) => Subject;
}

/** A canary whose decoders are wrapped, those that a law builds too. */
export function decoderCanary(
  diesOf: string,
  bug: string,
  wrap: (decoder: Decoder, model: Model | null, subject: Subject) => Decoder,
): Canary {
  const infect = (subject: Subject): Subject => ({
    ...subject,
    name: `${subject.name} with a canary`,
    build: subject.build && ((model) => wrap(subject.build!(model), model, subject)),
    candidates: subject.candidates.map((candidate) => ({
      ...candidate,
      decoder: wrap(candidate.decoder, candidate.model, subject),
    })),
  });
  return { bug, diesOf, infect };
}

/** A canary whose sampler has one function replaced. */
export function samplerCanary(
  diesOf: string,
  bug: string,
  replace: (sampler: Sampler) => Partial<Sampler>,
): Canary {
  // A law is only asked where the subject offers what it needs, and so is its canary.
  const infect = (subject: Subject): Subject => ({
    ...subject,
    sampler: { ...subject.sampler, ...replace(subject.sampler as Sampler) },
  });
  return { bug, diesOf, infect };
}

/** A canary with one way to generate replaced. */
export function generationCanary(
  diesOf: string,
  bug: string,
  replace: (generation: Generation) => Partial<Generation>,
): Canary {
  const infect = (subject: Subject): Subject => ({
    ...subject,
    generation: { ...subject.generation, ...replace(subject.generation as Generation) },
  });
  return { bug, diesOf, infect };
}

export type SequenceBug = (sequence: Sequence) => Partial<Sequence>;

/** The decoder with every sequence, forks included, changed in the same way. */
export function withSequences(decoder: Decoder, bug: SequenceBug): Decoder {
  return { ...decoder, start: async (position) => changed(await decoder.start(position), bug) };
}

export function changed(sequence: Sequence, bug: SequenceBug): Sequence {
  const plain: Sequence = {
    get length() {
      return sequence.length;
    },
    append: (tokens) => sequence.append(tokens),
    appendAll: (tokens) => sequence.appendAll(tokens),
    rewind: (length) => sequence.rewind(length),
    fork: async () => changed(await sequence.fork(), bug),
    poison: async () => sequence.poison?.(),
    [Symbol.asyncDispose]: () => sequence[Symbol.asyncDispose](),
  };
  return Object.defineProperties(plain, Object.getOwnPropertyDescriptors(bug(sequence)));
}

/** The decoder with every batch changed in the same way. */
export function withBatches(decoder: Decoder, bug: (batch: Batch) => Partial<Batch>): Decoder {
  const startBatch = async (rows: number) => {
    const batch = await decoder.startBatch!(rows);
    const plain: Batch = {
      get lengths() {
        return batch.lengths;
      },
      append: (rows) => batch.append(rows),
      appendPadded: (rows, counts) => batch.appendPadded(rows, counts),
      select: (rows) => batch.select(rows),
      [Symbol.asyncDispose]: () => batch[Symbol.asyncDispose](),
    };
    return Object.defineProperties(plain, Object.getOwnPropertyDescriptors(bug(batch)));
  };
  return { ...decoder, startBatch };
}
