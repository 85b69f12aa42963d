/** Workloads of the benchmarks: generation by a decoder, and bare multiply-adds. */

import { generationFlops } from "../cost/flops.ts";
import type { Decoder } from "../decoder.ts";
import { forward } from "../definition.ts";
import type { ModelConfig } from "../model/config.ts";
import type { Model } from "../model/model.ts";
import { greedy } from "../sampling/greedy.ts";
import type { PrepareRun, TimedStep, Workload } from "./measure.ts";
import type { BenchCell } from "./sample.ts";

export type GenerationRun = Pick<BenchCell, "mode" | "promptLength">;

/**
 * Greedy generation, step by step. Every arm has its keys and values in memory that is allocated
 * before the clock starts; `naive` drops them at each step and computes the whole sequence again.
 *
 * @param model its definition gives the right tokens, as many as are computed in a moment
 * @throws {RangeError} if the decoder does not offer `rewind`
 */
export function generationWorkload(model: Model, decoder: Decoder): Workload<GenerationRun> {
  if (!decoder.capabilities.has("rewind")) {
    const got = [...decoder.capabilities].join(", ");
    throw new RangeError(`bench: ${decoder.name} must offer rewind, got ${got}`);
  }
  const known = new Map<number, readonly number[]>();
  return {
    allocate: async () => {
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

/** Returns the prompt of every arm and run: ids in steps of 31 through the vocabulary. */
export function benchPrompt({ vocabSize }: ModelConfig, length: number): number[] {
  return Array.from({ length }, (_, t) => (t * 31 + 7) % vocabSize);
}

/** The most FLOPs of the definition for the right tokens: a moment. */
const mostDefinitionFlops = 20_000_000n;

/**
 * Returns the first greedy tokens after the prompt, by the definition; few or none for a long
 * prompt.
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

/** The modes of {@link roofWorkload} that multiply and add. */
export const roofModes = ["dot", "four_rows"];

/** Four rows of this width and one vector fit into the nearest cache. */
const width = 512;
const loops = 16;

/** FLOPs of one step of `roof`. */
export const roofStepFlops = BigInt(2 * 4 * width * loops);

/** Entries of each of the three arrays of `triad`: 96 MiB in all, more than most caches hold. */
const triadLength = 2 ** 22;

/**
 * FLOPs and bytes of one step of `triad`. As in STREAM, the bytes of the arrays are counted, not
 * those that the hardware moves.
 */
export const triadStepFlops = BigInt(2 * triadLength);
export const triadStepBytes = BigInt(3 * 8 * triadLength);

/**
 * A matrix of four rows times a vector, in float64: row by row, the plain way to write dot
 * products, and all four at once, which share the loads of the vector and hide the latency of
 * addition; and `triad`, McCalpin's STREAM kernel, for the bandwidth of memory.
 */
export function roofWorkload(): Workload {
  const allocate = async (): Promise<PrepareRun> => {
    const matrix = Float64Array.from({ length: 4 * width }, (_, i) => Math.sin(i));
    const vector = Float64Array.from({ length: width }, (_, i) => Math.cos(i));
    const streams = Array.from({ length: 3 }, (_, i) => new Float64Array(triadLength).fill(i));
    return async ({ task, mode }): Promise<TimedStep> => {
      if (task === "triad") return async () => triad(streams[0], streams[1], streams[2]);
      const product = mode === "dot" ? rowByRow : fourRows;
      return async () => product(matrix, vector);
    };
  };
  return { allocate, rightTokens: () => [] };
}

/** Computes `a = b + s c`, and returns the last entry. */
function triad(a: Float64Array, b: Float64Array, c: Float64Array): number {
  const s = 3;
  for (let i = 0; i < a.length; i++) a[i] = b[i] + s * c[i];
  return a[a.length - 1];
}

function rowByRow(matrix: Float64Array, vector: Float64Array): number {
  let total = 0;
  for (let loop = 0; loop < loops; loop++) {
    for (let row = 0; row < matrix.length; row += width) {
      let sum = 0;
      for (let i = 0; i < width; i++) sum += matrix[row + i] * vector[i];
      total += sum;
    }
  }
  return total;
}

function fourRows(matrix: Float64Array, vector: Float64Array): number {
  let total = 0;
  for (let loop = 0; loop < loops; loop++) {
    let sum0 = 0;
    let sum1 = 0;
    let sum2 = 0;
    let sum3 = 0;
    for (let i = 0; i < width; i++) {
      const v = vector[i];
      sum0 += matrix[i] * v;
      sum1 += matrix[width + i] * v;
      sum2 += matrix[2 * width + i] * v;
      sum3 += matrix[3 * width + i] * v;
    }
    total += sum0 + sum1 + sum2 + sum3;
  }
  return total;
}
