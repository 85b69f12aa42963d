/**
 * Canaries: wrappers with one bug each around a decoder or sampler that is right. A law that keeps
 * quiet about its canary is blind on that subject, and what it says of it means nothing.
 */
import type { Decoder, Sequence } from "../decoder.ts";
import type { Sampler } from "../sampling/sampler.ts";
import type { Candidate, Subject } from "../subject.ts";

export interface Canary {
  /** The planted bug, in words. */
  readonly bug: string;
  /** The code of the law that must catch it. */
  readonly diesOf: string;
  readonly infect: (subject: Subject) => Subject;
}

/** A canary whose decoders are wrapped. */
export function decoderCanary(
  diesOf: string,
  bug: string,
  wrap: (decoder: Decoder, candidate: Candidate) => Decoder,
): Canary {
  const infect = (subject: Subject): Subject => ({
    ...subject,
    name: `${subject.name} with a canary`,
    candidates: subject.candidates.map((candidate) => ({
      ...candidate,
      decoder: wrap(candidate.decoder, candidate),
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

export type SequenceBug = (sequence: Sequence) => Partial<Sequence>;

/** The decoder with every sequence, forks included, changed in the same way. */
export function withSequences(decoder: Decoder, bug: SequenceBug): Decoder {
  return { ...decoder, start: async () => changed(await decoder.start(), bug) };
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
    [Symbol.asyncDispose]: () => sequence[Symbol.asyncDispose](),
  };
  return Object.defineProperties(plain, Object.getOwnPropertyDescriptors(bug(sequence)));
}
