/** What benchmarks run: generation by a decoder, draws from logits, and bare multiply-adds. */
import type { ModelConfig } from "../config.ts";
import { generationFlops } from "../cost/flops.ts";
import type { Decoder } from "../decoder.ts";
import { forward } from "../definition.ts";
import type { Model } from "../model.ts";
import { normal, seededRandom } from "../random.ts";
import { greedy } from "../sampling/greedy.ts";
import { productionSampling, type SamplingOptions, sampleToken } from "../sampling/sample-token.ts";
import type { Step, Work, Workload } from "./measure.ts";

/**
 * Greedy generation, step by step. Every arm has its keys and values in memory that is allocated
 * before the clock starts; `naive` forgets them at each step and computes the whole sequence again.
 *
 * @param model whose definition says which tokens are right, as many as it can say in a moment
 * @throws {RangeError} when the decoder does not offer `rewind`
 */
export function generationWorkload(model: Model, decoder: Decoder): Workload {
  if (!decoder.capabilities.has("rewind")) {
    const got = [...decoder.capabilities].join(", ");
    throw new RangeError(`bench: ${decoder.name} must offer rewind, got ${got}`);
  }
  const known = new Map<number, readonly number[]>();
  return {
    makeWork: async () => {
      const sequence = await decoder.start();
      return async ({ mode, promptLength }) => {
        await sequence.rewind(0);
        const held = benchPrompt(model.config, promptLength!);
        let unread: readonly number[] = held;
        return async () => {
          if (mode === "naive") await sequence.rewind(0);
          const token = greedy(await sequence.append(mode === "naive" ? held : unread));
          held.push(token);
          unread = [token];
          return token;
        };
      };
    },
    rightTokens: ({ promptLength }) => {
      const length = promptLength!;
      if (!known.has(length)) known.set(length, definitionTokens(model, length));
      return known.get(length)!;
    },
  };
}

/** The same prompt for every arm and every run: ids that walk through the vocabulary. */
export function benchPrompt({ vocabSize }: ModelConfig, length: number): number[] {
  return Array.from({ length }, (_, t) => (t * 31 + 7) % vocabSize);
}

/** What the definition may spend on saying which tokens are right: a moment. */
const mostDefinitionFlops = 20_000_000n;

/**
 * The first greedy tokens after the prompt of that length, by the definition; few or none if long.
 */
function definitionTokens({ config, weights }: Model, promptLength: number): number[] {
  const tokens = benchPrompt(config, promptLength);
  const cost = (newTokens: number) =>
    generationFlops(config, { promptLength, newTokens, mode: "naive", head: "all" });
  while (
    tokens.length <= config.maxPositionEmbeddings &&
    cost(tokens.length - promptLength + 1) <= mostDefinitionFlops
  ) {
    tokens.push(greedy(Float64Array.from(forward(config, weights, tokens).at(-1)!)));
  }
  return tokens.slice(promptLength);
}

/** The ways to draw that are timed. Greedy looks for the largest logit and draws nothing. */
const samplers: Readonly<Record<string, SamplingOptions>> = {
  greedy: { temperature: 0 },
  temperature: { temperature: 0.8 },
  top_k: { topK: 50 },
  top_p: { topP: 0.95 },
  production: productionSampling,
};

/** The modes of {@link samplingWorkload}. */
export const samplingModes = Object.keys(samplers);

/** Draws from normal logits over a vocabulary, the same ones in every run. */
export function samplingWorkload({ vocabSize }: ModelConfig, seed: number): Workload {
  const makeWork = async (): Promise<Work> => {
    const random = seededRandom(seed);
    const logits = Float64Array.from({ length: vocabSize }, () => 3 * normal(random));
    return async ({ mode }) => {
      const draws = seededRandom(seed);
      return async () => sampleToken(logits, samplers[mode], draws);
    };
  };
  return { makeWork, rightTokens: () => [] };
}

/** The modes of {@link roofWorkload}. */
export const roofModes = ["dot", "four_sums"];

/** Two arrays of this length fit into the nearest cache. */
const loopLength = 1024;
const loops = 16;

/** What one step of {@link roofWorkload} does. */
export const roofStepFlops = BigInt(2 * loopLength * loops);

/**
 * Multiply-adds over two arrays of float64, as anybody would write a dot product, and with four
 * sums side by side, which hide the latency of addition.
 */
export function roofWorkload(): Workload {
  const makeWork = async (): Promise<Work> => {
    const a = Float64Array.from({ length: loopLength }, (_, i) => Math.sin(i));
    const b = Float64Array.from({ length: loopLength }, (_, i) => Math.cos(i));
    return async ({ mode }): Promise<Step> => {
      const loop = mode === "dot" ? dot : fourSums;
      return async () => loop(a, b);
    };
  };
  return { makeWork, rightTokens: () => [] };
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let loop = 0; loop < loops; loop++) {
    for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  }
  return sum;
}

function fourSums(a: Float64Array, b: Float64Array): number {
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  for (let loop = 0; loop < loops; loop++) {
    for (let i = 0; i + 3 < a.length; i += 4) {
      sum0 += a[i] * b[i];
      sum1 += a[i + 1] * b[i + 1];
      sum2 += a[i + 2] * b[i + 2];
      sum3 += a[i + 3] * b[i + 3];
    }
  }
  return sum0 + sum1 + (sum2 + sum3);
}
