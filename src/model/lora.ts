/**
 * LoRA: low-rank adapters beside linear layers. There is one A and one B for a weight matrix, all
 * its heads together. An adapter for each head is the special case in which A stacks the heads'
 * `[r, in]` and B, `[N H, N r]`, is zero outside the block of each head.
 *
 * @see Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models"
 */

import { normal, seededRandom } from "../math/random.ts";
import type { ModelConfig } from "./config.ts";
import {
  buildWeights,
  type LoraConfig,
  type LoraTarget,
  type Tensor,
  type Weights,
} from "./weights.ts";

/**
 * Returns the same model with new adapters: A from `N(0, 1 / in)`, rounded to float32, and B zero,
 * so that the logits are at first those of the plain model, bit for bit. The base tensors are not
 * copied: both models use the same memory.
 *
 * @param seed the seed of the A matrices
 * @throws {RangeError} on a bad rank, alpha or target, and if there are adapters already
 */
export function withLora(
  config: ModelConfig,
  weights: Weights,
  lora: LoraConfig,
  seed: number,
): Weights {
  checkLora(config, lora);
  if (weights.lora !== null) {
    const got = `them on ${weights.lora.targets}`;
    throw new RangeError(`withLora: the weights must have no adapters yet, got ${got}`);
  }
  const random = seededRandom(seed);
  const base = byName(weights);
  const source = (name: string, [out, input]: readonly number[]) => {
    const shared = base.get(name);
    if (shared !== undefined) return shared.data;
    if (name.endsWith(".lora_B.weight")) return new Float64Array(out * input);
    const size = { length: out * input };
    return Float64Array.from(size, () => Math.fround(normal(random) / Math.sqrt(input)));
  };
  return buildWeights(config, source, lora);
}

/**
 * Returns the equivalent model without adapters: `W + (alpha / r) B A` replaces every adapted W, in
 * new memory. All other tensors are shared.
 */
export function mergeLora(config: ModelConfig, weights: Weights): Weights {
  const { lora } = weights;
  if (lora === null) return weights;
  const tensors = byName(weights);
  return buildWeights(config, (name) => {
    const { data } = tensors.get(name)!;
    const layer = name.replace(/\.weight$/, "");
    const a = tensors.get(`${layer}.lora_A.weight`);
    const b = tensors.get(`${layer}.lora_B.weight`);
    return a && b ? sumOf(data, a, b, lora.alpha / lora.rank) : data;
  });
}

/** Returns `W + scale B A`, in new memory. */
function sumOf(weight: Float64Array, a: Tensor, b: Tensor, scale: number): Float64Array {
  const [rank, input] = a.shape;
  return weight.map((value, at) => {
    const o = Math.floor(at / input);
    let update = 0;
    for (let k = 0; k < rank; k++)
      update += b.data[o * rank + k] * a.data[k * input + (at % input)];
    return value + scale * update;
  });
}

function byName(weights: Weights): Map<string, Tensor> {
  return new Map(weights.tensors.map((tensor) => [tensor.name, tensor]));
}

function checkLora(config: ModelConfig, { rank, alpha, targets }: LoraConfig): void {
  if (!Number.isSafeInteger(rank) || rank <= 0) {
    throw new RangeError(`lora.rank must be a positive integer, got ${rank}`);
  }
  if (!(alpha > 0 && alpha < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`lora.alpha must be a positive number, got ${alpha}`);
  }
  const possible = targetsOf(config);
  const wrong = targets.find((target) => !possible.includes(target));
  if (targets.length === 0 || wrong !== undefined) {
    const must = `must be at least one of ${possible.join(", ")}`;
    throw new RangeError(`lora.targets ${must}, got ${wrong ?? "none"}`);
  }
}

/**
 * Returns the linear layers of a model that can have an adapter. A tied head cannot have one: once
 * merged, it would no longer be the embedding.
 */
export function targetsOf(config: ModelConfig): LoraTarget[] {
  const targets: LoraTarget[] = ["q_proj", "k_proj", "v_proj", "o_proj", "up_proj", "down_proj"];
  if (config.feedForward === "swiglu") targets.push("gate_proj");
  if (!config.tieWordEmbeddings) targets.push("lm_head");
  return targets;
}
