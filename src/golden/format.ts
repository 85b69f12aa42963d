/**
 * Golden fixtures: tokens and the values that one engine computed for them, recorded once and kept
 * with the hash of every file. A fixture is a folder; its manifest names the other files. There are
 * four kinds:
 *
 * | kind | files besides `manifest.json` | recorded from |
 * | --- | --- | --- |
 * | `model` | `config.json`, `weights.safetensors`, `logits.json` | an engine that computes any model |
 * | `engine` | `config.json`, `logits.json` | an engine that holds one model |
 * | `completions` | `completions.json` | a server that returns the most probable tokens |
 * | `choice` | `choices.json` | a sampler or a speculative rule |
 */
import type { Completed } from "../generation/complete.ts";
import type { ModelConfig } from "../model/config.ts";
import type { Model } from "../model/model.ts";
import type { SamplingOptions } from "../sampling/sample-token.ts";
import type { Sampler } from "../sampling/sampler.ts";

/** The content of `manifest.json`. */
export interface Manifest {
  /** Name of the engine that computed the values. */
  readonly by: string;
  /** Versions of the software that computed them, by name. */
  readonly versions: Readonly<Record<string, string>>;
  /** The command that records the fixture again. */
  readonly command: string;
  /** Largest absolute difference from the recorded values that is correct in float64. */
  readonly tolerance: number;
  /** Largest difference from the definition's logits, if another engine computed the values. */
  readonly largestDifference?: number;
  /** SHA-256 of every other file of the folder, in hexadecimal. */
  readonly sha256: Readonly<Record<string, string>>;
}

interface FixtureHead {
  /** Name of its folder. */
  readonly name: string;
  readonly manifest: Manifest;
}

/** Logits of a model whose weights are part of the fixture: any engine can be compared with it. */
export interface ModelFixture extends FixtureHead {
  readonly kind: "model";
  readonly model: Model;
  readonly cases: readonly GoldenCase[];
}

/** Logits of an engine that holds its own weights: only that engine can be compared with it. */
export interface EngineFixture extends FixtureHead {
  readonly kind: "engine";
  readonly config: ModelConfig;
  readonly cases: readonly GoldenCase[];
}

/** Greedy completions with the log-probabilities of the most probable tokens. */
export interface CompletionFixture extends FixtureHead {
  readonly kind: "completions";
  readonly vocabSize: number;
  /** Number of log-probabilities requested for each new token. */
  readonly topLogProbs: number;
  readonly cases: readonly CompletionCase[];
}

/** Results of the functions of a sampler. */
export interface ChoiceFixture extends FixtureHead {
  readonly kind: "choice";
  readonly cases: readonly ChoiceCase[];
}

export type Fixture = ModelFixture | EngineFixture | CompletionFixture | ChoiceFixture;

export interface GoldenCase {
  readonly tokens: readonly number[];
  /** The logits after each token, `[T][V]`. */
  readonly logits: readonly (readonly number[])[];
}

export interface CompletionCase extends Completed {
  /** The prompt. */
  readonly tokens: readonly number[];
  /** Number of new tokens requested. */
  readonly maxNewTokens: number;
}

/** A function of a sampler, or its speculative rule. */
export type ChoiceFunction = Exclude<keyof Sampler, "conventions"> | "speculate";

/** The input of one call. */
export interface ChoiceInput {
  readonly function: ChoiceFunction;
  /**
   * Logits, `[1][V]`; for `draw` probabilities; for `speculate` the rows of the target and then
   * those of the draft, which their last tokens select.
   */
  readonly rows: readonly (readonly number[])[];
  /** The options of the call: a filter has one. */
  readonly options: SamplingOptions;
  /** Ids for penalties and bans; for `speculate` the prompt. */
  readonly history: readonly number[];
  /** Seed of the draws. */
  readonly seed: number;
}

export interface ChoiceCase extends ChoiceInput {
  /** The numbers that the function returned: logits, probabilities, or token ids. */
  readonly result: readonly number[];
}

/** The files of each kind besides the manifest, in the order of the manifest. */
export const fixtureFiles = {
  model: ["config.json", "weights.safetensors", "logits.json"],
  engine: ["config.json", "logits.json"],
  completions: ["completions.json"],
  choice: ["choices.json"],
} as const satisfies Readonly<Record<Fixture["kind"], readonly string[]>>;

type WithoutManifest<Kind extends Fixture> = Kind extends Fixture ? Omit<Kind, "manifest"> : never;

/** A fixture, whether its manifest is complete or not. */
export type FixtureBody = WithoutManifest<Fixture>;

/** Returns V, the number of logits in a row; of a sampler that in the first case. */
export function vocabSizeOf(fixture: FixtureBody): number {
  if (fixture.kind === "completions") return fixture.vocabSize;
  if (fixture.kind === "choice") return fixture.cases[0].rows[0].length;
  return (fixture.kind === "model" ? fixture.model.config : fixture.config).vocabSize;
}

/** Returns the number of rows: one for each token, new token of a completion, or call. */
export function rowCountOf(fixture: FixtureBody): number {
  if (fixture.kind === "choice") return fixture.cases.length;
  const counts =
    fixture.kind === "completions"
      ? fixture.cases.map(({ newTokens }) => newTokens.length)
      : fixture.cases.map(({ tokens }) => tokens.length);
  return counts.reduce((sum, count) => sum + count, 0);
}
