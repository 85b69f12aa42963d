/**
 * Definition of an engine as a subject: a few lines on how to make a decoder for a model, what it
 * offers and in which arithmetic it computes.
 */
import fc from "fast-check";
import type { Fixed } from "../arbitraries/configs.ts";
import type { SizeLimits, Thresholds } from "../arbitraries/dimensions.ts";
import { models } from "../arbitraries/models.ts";
import type { Sizes } from "../arbitraries/sizes.ts";
import { type Capability, type Decoder, NotOffered, type Sequence } from "../decoder.ts";
import type { Generation } from "../generation/generation.ts";
import type { Arithmetic } from "../math/arithmetic.ts";
import type { Logits } from "../math/logits.ts";
import type { ModelConfig } from "../model/config.ts";
import type { Model } from "../model/model.ts";
import type { Sampler } from "../sampling/sampler.ts";
import type { ArithmeticName } from "../tolerance/arithmetics.ts";
import type { ErrorBound } from "../tolerance/compare.ts";
import { toleranceOf } from "../tolerance/subject-tolerance.ts";
import { generated } from "./generated.ts";
import { checkSubjectWords } from "./known-words.ts";
import { checkOnly } from "./only.ts";
import type { Acceptance, Candidate, LogitsSubject } from "./subject.ts";

/** A `T` or a promise of one: an engine need not be asynchronous. */
type Awaitable<T> = T | PromiseLike<T>;

/** A sequence of an engine. Only `length` and `append` are required. */
export interface EngineSequence {
  readonly length: number;
  append(tokens: readonly number[]): Awaitable<Logits>;
  appendAll?(tokens: readonly number[]): Awaitable<Logits[]>;
  rewind?(length: number): Awaitable<void>;
  fork?(): Awaitable<EngineSequence>;
  poison?(): Awaitable<void>;
  [Symbol.asyncDispose]?(): Awaitable<void>;
}

/** A decoder of a user: only `start` is required. */
export interface Engine extends Partial<Omit<Decoder, "start" | typeof Symbol.asyncDispose>> {
  start(position?: number): Awaitable<EngineSequence>;
  [Symbol.asyncDispose]?(): Awaitable<void>;
}

/** The definition of an engine for {@link defineSubject}. */
export interface SubjectDefinition {
  readonly name: string;
  /**
   * Returns a decoder for a model: the laws then generate models, and shrink them. A `NotOffered`
   * that it throws, here or at the start of a sequence, skips the case.
   */
  readonly build?: (model: Model) => Engine;
  /** One decoder in place of `build`, with the model that it computes if that is known. */
  readonly fixed?: {
    readonly engine: Engine;
    readonly config: ModelConfig;
    readonly model?: Model;
  };
  /** Configuration fields that the engine cannot choose, say `{ norm: "rmsnorm" }`. */
  readonly only?: Fixed;
  /** Sizes that the engine accepts, say `{ "head-width": { multipleOf: 32 } }`. */
  readonly sizes?: SizeLimits;
  /** Sizes at which it changes its method, say `{ tokens: [16] }`: cases have both sides. */
  readonly thresholds?: Thresholds;
  readonly capabilities?: readonly Capability[];
  /** Arithmetic that it computes in, which determines its tolerances. Default float32. */
  readonly arithmetic?: ArithmeticName | Arithmetic;
  /**
   * Allowed error of every row of logits, in place of that of the arithmetic: for an engine whose
   * rounding is known better than its arithmetic states. Every table names it as overridden.
   */
  readonly tolerance?: ErrorBound;
  /** True if the same tokens give the same bits, in whatever calls they come. Default false. */
  readonly bitwise?: boolean;
  readonly sampler?: Partial<Sampler>;
  readonly generation?: Partial<Generation>;
  /** Rule by which its speculation keeps a drawn proposal. Default `ratio`. */
  readonly acceptance?: Acceptance;
  readonly versions?: LogitsSubject["versions"];
  /** Reasons for the laws that it is known to break, by law. */
  readonly knownFailures?: Readonly<Record<string, string>>;
}

/**
 * Returns an engine that gives logits as a subject.
 *
 * @throws {TypeError} unless there is either `build` or `fixed`, or on an unknown word: a field, a
 *   capability, or the name of a function
 * @throws {RangeError} if the configuration of `fixed` is not one of `only`
 */
export function defineSubject(definition: SubjectDefinition): LogitsSubject {
  const { name, build, fixed, only = {}, bitwise = false } = definition;
  const { arithmetic = "float32", tolerance, knownFailures = {} } = definition;
  checkSubjectWords(definition);
  if ((build === undefined) === (fixed === undefined)) {
    const got = build === undefined ? "neither" : "both";
    throw new TypeError(`subject ${name}: there must be either build or fixed, got ${got}`);
  }
  if (fixed !== undefined) checkOnly({ name: `subject ${name}`, only }, fixed.config);
  const capabilities = new Set(definition.capabilities ?? []);
  const adapt = (engine: Engine, config: ModelConfig) =>
    decoderOf(engine, name, config, capabilities);
  const make = (model: Model) => adapt(build!(model), model.config);
  const makeOffered = (model: Model) => {
    try {
      return make(model);
    } catch (error) {
      if (!(error instanceof NotOffered)) throw error;
      return adapt({ start: () => Promise.reject(error) }, model.config);
    }
  };
  const { sizes: limits = {}, thresholds = {} } = definition;
  const candidatesOf = (sizes: Sizes) =>
    models(only, sizes).map((model) => candidate(makeOffered(model), model, model.name));
  const decoders =
    fixed === undefined
      ? generated(candidatesOf, limits)
      : {
          candidates: fc.constant(
            candidate(adapt(fixed.engine, fixed.config), fixed.model ?? null, name),
          ),
        };
  return {
    kind: "logits",
    name,
    ...decoders,
    sizes: limits,
    thresholds,
    capabilities,
    knowsModel: build !== undefined || fixed?.model !== undefined,
    build: build === undefined ? null : make,
    sampler: definition.sampler ?? {},
    generation: definition.generation ?? {},
    acceptance: definition.acceptance ?? "ratio",
    ...toleranceOf(arithmetic, { bitwise, tolerance }),
    knownFailures,
    ...(definition.versions === undefined ? {} : { versions: definition.versions }),
    only,
  };
}

/** Returns a candidate that prints as the line that makes its model again. */
export function candidate(decoder: Decoder, model: Model | null, line: string): Candidate {
  return Object.assign({ decoder, model }, { [fc.toStringMethod]: () => line });
}

/** Returns the engine as a decoder: named, asynchronous, and with errors for what is missing. */
function decoderOf(
  engine: Engine,
  name: string,
  config: ModelConfig,
  capabilities: ReadonlySet<Capability>,
): Decoder {
  return {
    ...(engine.weights === undefined ? {} : { weights: engine.weights }),
    ...(engine.startBatch === undefined ? {} : { startBatch: engine.startBatch.bind(engine) }),
    ...(engine.stages === undefined ? {} : { stages: engine.stages.bind(engine) }),
    name,
    config,
    capabilities,
    start: async (position) => sequenceOf(await engine.start(position)),
    [Symbol.asyncDispose]: async () => engine[Symbol.asyncDispose]?.(),
  };
}

function sequenceOf(inner: EngineSequence): Sequence {
  const missing = (what: string): never => {
    throw new TypeError(`${what}: must be offered as a capability only where there is one`);
  };
  return {
    get length() {
      return inner.length;
    },
    append: async (tokens) => inner.append(tokens),
    appendAll: async (tokens) => inner.appendAll?.(tokens) ?? missing("appendAll"),
    rewind: async (length) => (inner.rewind ?? missing("rewind")).call(inner, length),
    poison: async () => (inner.poison ?? missing("poison")).call(inner),
    fork: async () => sequenceOf(await (inner.fork ?? missing("fork")).call(inner)),
    [Symbol.asyncDispose]: async () => inner[Symbol.asyncDispose]?.(),
  };
}
