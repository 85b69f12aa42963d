import type { Logits } from "../math/logits.ts";
import { ban } from "./ban.ts";
import { draw } from "./draw.ts";
import { greedy } from "./greedy.ts";
import { minP } from "./min-p.ts";
import { frequencyPenalty, presencePenalty, repetitionPenalty } from "./penalties.ts";
import { distribution, type SamplingOptions, sampleToken } from "./sample-token.ts";
import { temperatureScale } from "./temperature.ts";
import { topK } from "./top-k.ts";
import { topP } from "./top-p.ts";

/** Choices in which correct samplers differ; each law uses those of its subject. */
export interface Conventions {
  /** The order in which `distribution` applies its options; an option not listed is unsupported. */
  readonly order: readonly (keyof SamplingOptions)[];
  /** Of the logits that tie for the last place of top-k: keep the lower ids, or all. */
  readonly topKTies: "lower ids" | "all";
  /** If the mass equals p, top-p stops or keeps one more token. */
  readonly topPEquality: "stop" | "one more";
  /** Arithmetic of the probabilities of `distribution`. Default float64. */
  readonly probabilities?: "float64" | "float32";
}

/**
 * The parts of a sampler as pure functions, which the sampling laws test. A filter returns the
 * logits with -Infinity for dropped tokens.
 */
export interface Sampler {
  readonly conventions: Conventions;
  readonly greedy: (logits: Logits) => number;
  readonly repetitionPenalty: typeof repetitionPenalty;
  readonly frequencyPenalty: typeof frequencyPenalty;
  readonly presencePenalty: typeof presencePenalty;
  readonly ban: typeof ban;
  readonly temperatureScale: (logits: Logits, temperature: number) => Float64Array;
  readonly topK: (logits: Logits, k: number) => Float64Array;
  readonly topP: (logits: Logits, p: number) => Float64Array;
  readonly minP: (logits: Logits, m: number) => Float64Array;
  /** All stages, to probabilities. */
  readonly distribution: typeof distribution;
  /** The token at `u` in [0, 1) of the cumulative distribution. */
  readonly draw: (probs: ArrayLike<number>, u: number) => number;
  /** All stages, to a token. */
  readonly sample: typeof sampleToken;
}

/** The sampler of this project. */
export const sampler: Sampler = {
  conventions: {
    order: [
      "repetitionPenalty",
      "frequencyPenalty",
      "presencePenalty",
      "bannedSequences",
      "temperature",
      "topK",
      "topP",
      "minP",
    ],
    topKTies: "lower ids",
    topPEquality: "stop",
  },
  greedy,
  repetitionPenalty,
  frequencyPenalty,
  presencePenalty,
  ban,
  temperatureScale,
  topK,
  topP,
  minP,
  distribution,
  draw,
  sample: sampleToken,
};
