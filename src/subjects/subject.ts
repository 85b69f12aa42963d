import type fc from "fast-check";
import type { Fixed } from "../arbitraries/configs.ts";
import type { Capability, Decoder } from "../decoder.ts";
import type { Generation } from "../generation/generation.ts";
import type { Model } from "../model/model.ts";
import type { Sampler } from "../sampling/sampler.ts";
import type { SubjectTolerance } from "../tolerance/arithmetics.ts";

/** A decoder on trial, and the model it claims to compute; null where nobody can say. */
export interface Candidate {
  readonly decoder: Decoder;
  readonly model: Model | null;
}

/** What is tested: where decoders come from, what they offer, and what their arithmetic allows. */
export interface Subject extends SubjectTolerance {
  readonly name: string;
  /** Makes ready what its decoders need, say installs an engine; to be called first, once. */
  readonly prepare?: () => Promise<void>;
  /** What computes it, by name and version; left out where nobody can say. */
  readonly versions?: () => Promise<Readonly<Record<string, string>>>;
  /** Generated decoders that shrink, or one fixed decoder as `fc.constant`. */
  readonly candidates: fc.Arbitrary<Candidate>;
  readonly capabilities: ReadonlySet<Capability>;
  /** Configuration fields that it cannot choose; left out if it can choose all. */
  readonly only?: Fixed;
  /** False for a server that completes prompts and shows no logits. Default true. */
  readonly logits?: boolean;
  /** Whether candidates come with their model, so that the definition can be asked. */
  readonly knowsModel: boolean;
  /**
   * A decoder of this kind for any model, so that a law can change one; null for a fixed decoder.
   */
  readonly build: ((model: Model) => Decoder) | null;
  /** The pieces of its sampler; what is left out is not offered. */
  readonly sampler: Partial<Sampler>;
  /** Its ways to generate; what is left out is not offered. */
  readonly generation: Partial<Generation>;
  /** Laws that it is known to break, each with the reason: they must break. */
  readonly knownFailures: Readonly<Record<string, string>>;
}
