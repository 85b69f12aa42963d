/** Subjects: what is tested. There are three kinds; each law declares the kind that it needs. */
import type fc from "fast-check";
import type { Fixed } from "../arbitraries/configs.ts";
import type { SizeLimits, Thresholds } from "../arbitraries/dimensions.ts";
import type { Sizes } from "../arbitraries/sizes.ts";
import type { Capability, Decoder } from "../decoder.ts";
import type { Completed, CompleteOptions } from "../generation/complete.ts";
import type { Generation } from "../generation/generation.ts";
import type { ModelConfig } from "../model/config.ts";
import type { Model } from "../model/model.ts";
import type { Sampler } from "../sampling/sampler.ts";
import type { SubjectTolerance } from "../tolerance/subject-tolerance.ts";

/** The part that all kinds of subjects share. */
interface AnySubject {
  readonly name: string;
  /** Installs or starts what the subject needs. Called once, before anything else. */
  readonly prepare?: () => Promise<void>;
  /** Versions of the software that computes it, by name; absent if they are unknown. */
  readonly versions?: () => Promise<Readonly<Record<string, string>>>;
  /** Reasons for the laws that it is known to break, by law: they must be broken. */
  readonly knownFailures: Readonly<Record<string, string>>;
  /** Sizes that it accepts; absent if it accepts all. */
  readonly sizes?: SizeLimits;
  /** Sizes at which it changes its method, such as the tokens of a block of its cache. */
  readonly thresholds?: Thresholds;
}

/** A decoder under test, and the model that it claims to compute; null if that is unknown. */
export interface Candidate {
  readonly decoder: Decoder;
  readonly model: Model | null;
}

/**
 * Rule by which speculation keeps a drawn proposal; both give the target's distribution.
 *
 * - `ratio`: with probability min(1, p / q), which keeps all proposals of the target itself
 * - `own sample`: if it equals the token that the target draws
 */
export type Acceptance = "ratio" | "own sample";

/** An engine that gives all logits: token ids in, next-token logits out. */
export interface LogitsSubject extends AnySubject, SubjectTolerance {
  readonly kind: "logits";
  /** Generated decoders that shrink, or one fixed decoder as `fc.constant`. */
  readonly candidates: fc.Arbitrary<Candidate>;
  /** Returns decoders of the sizes of a case; absent if there is only a fixed one. */
  readonly candidatesOf?: (sizes: Sizes) => fc.Arbitrary<Candidate>;
  readonly capabilities: ReadonlySet<Capability>;
  /** Configuration fields that it cannot choose; absent if it can choose all. */
  readonly only?: Fixed;
  /** True if candidates have their model, so that the definition can be compared. */
  readonly knowsModel: boolean;
  /** Builds a decoder for any model, so that a law can change one; null for a fixed decoder. */
  readonly build: ((model: Model) => Decoder) | null;
  /** Functions of its sampler; those that are absent are not offered. */
  readonly sampler: Partial<Sampler>;
  /** Functions that generate with its decoders; those that are absent are not offered. */
  readonly generation: Partial<Generation>;
  /** Rule by which speculation keeps a drawn proposal. Default `ratio`. */
  readonly acceptance?: Acceptance;
}

/** A source of completions under test, with the limits on its prompts. */
export interface Completer extends Pick<ModelConfig, "vocabSize" | "maxPositionEmbeddings"> {
  /** The model that it claims to compute; null if that is unknown. */
  readonly model: Model | null;
  /** Continues a prompt greedily, as `complete` of src/generation does with a decoder. */
  readonly complete: (prompt: readonly number[], options: CompleteOptions) => Promise<Completed>;
}

/** A server that completes prompts and gives the log-probabilities of a few tokens, no logits. */
export interface CompletionsSubject extends AnySubject, SubjectTolerance {
  readonly kind: "completions";
  readonly candidates: fc.Arbitrary<Completer>;
  /** Returns sources of the sizes of a case; absent if there is only a fixed one. */
  readonly candidatesOf?: (sizes: Sizes) => fc.Arbitrary<Completer>;
  /** True if candidates have their model, so that the definition can be compared. */
  readonly knowsModel: boolean;
}

/** A sampler or a speculative rule, which chooses tokens from logits that a law generates. */
export interface ChoiceSubject extends AnySubject {
  readonly kind: "choice";
  /** Functions of the sampler; those that are absent are not offered. */
  readonly sampler: Partial<Sampler>;
  /** Speculative generation; laws call it with decoders that return given logits. */
  readonly speculate?: Generation["speculate"];
}

/** The type of subject of each kind. */
export interface SubjectKinds {
  readonly logits: LogitsSubject;
  readonly completions: CompletionsSubject;
  readonly choice: ChoiceSubject;
}

/** Name of a kind of subject. */
export type SubjectKind = keyof SubjectKinds;

/** An engine, a server or a sampler under test. */
export type Subject = SubjectKinds[SubjectKind];

export const subjectKinds: readonly SubjectKind[] = ["logits", "completions", "choice"];
