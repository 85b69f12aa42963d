import type fc from "fast-check";
import type { Capability, Decoder } from "../decoder.ts";
import type { Generation } from "../generation/generation.ts";
import type { Arithmetic } from "../math/arithmetic.ts";
import type { Model } from "../model/model.ts";
import type { Sampler } from "../sampling/sampler.ts";
import type { Tolerance } from "../tolerance/compare.ts";

/** A decoder on trial, and the model it claims to compute; null where nobody can say. */
export interface Candidate {
  readonly decoder: Decoder;
  readonly model: Model | null;
}

/**
 * Who is judged: where decoders come from, what they offer, and what their arithmetic can promise.
 */
export interface Subject {
  readonly name: string;
  /** Makes ready what its decoders need, say installs an engine; to be called first, once. */
  readonly prepare?: () => Promise<void>;
  /** What computes it, by name and version; left out where nobody can say. */
  readonly versions?: () => Promise<Readonly<Record<string, string>>>;
  /** Generated decoders that shrink, or one fixed decoder as `fc.constant`. */
  readonly candidates: fc.Arbitrary<Candidate>;
  readonly capabilities: ReadonlySet<Capability>;
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
  /** How far two runs of one decoder over the same tokens may be apart. */
  readonly repeatable: Tolerance;
  /** How far it may be from the definition. */
  readonly accurate: Tolerance;
  /**
   * The rounding of its arithmetic, where that is coarser than float64: both tolerances are then
   * measured anew for every case. Null where the two above hold as they stand.
   */
  readonly noise: Arithmetic | null;
  /** Laws that it is known to break, each with the reason: they must break. */
  readonly knownFailures: Readonly<Record<string, string>>;
}
