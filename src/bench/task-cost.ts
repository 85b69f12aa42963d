/** The exact cost of a benchmark's task, to compare with every measured time. */

import { decodeFlops, generationFlops, prefillFlops } from "../cost/flops.ts";
import type { CacheMode } from "../cost/generation.ts";
import { sumTraffic, trafficBytes, trafficRows } from "../cost/intensity.ts";
import type { ModelConfig } from "../model/config.ts";
import { isOfMachine, type Sample } from "./sample.ts";
import { roofStepFlops, triadStepFlops } from "./workloads.ts";

/** The labels of a task at one length in one mode. */
export type TaskLabels = Pick<Sample, "task" | "mode" | "prompt_len" | "seq_len" | "gen_len">;

/** Returns the exact causal FLOPs of a task; null if it has no matrix product. */
export function taskFlops(config: ModelConfig | null, labels: TaskLabels): bigint | null {
  if (labels.task === "roof") return roofStepFlops * BigInt(labels.gen_len);
  if (labels.task === "triad") return triadStepFlops * BigInt(labels.gen_len);
  if (labels.task === "sampling" || config === null) return null;
  if (labels.task === "decode") return decodeFlops(config, labels.seq_len!);
  if (labels.task === "prefill") return prefillFlops(config, labels.prompt_len!);
  return generationFlops(config, generationOf(labels));
}

/** Returns the fields of a generating task that the cost model needs. */
export function generationOf({ mode, prompt_len, gen_len }: TaskLabels) {
  return { promptLength: prompt_len!, newTokens: gen_len, mode: mode as CacheMode };
}

/**
 * Returns the bytes that a task moves if each pass reads the weights once and activations stay on
 * the chip; null if it has no passes.
 */
export function taskBytes(config: ModelConfig | null, labels: TaskLabels): bigint | null {
  const { task, mode, prompt_len, seq_len, gen_len } = labels;
  if (isOfMachine(task) || task === "sampling" || config === null) return null;
  const pass = (newTokens: number, heldTokens: number) => {
    const bytes = 8;
    const each = { weightBytesPerElement: bytes, kvBytesPerElement: bytes };
    const fusion = { activationBytesPerElement: bytes, fusion: "fused" } as const;
    return trafficBytes(
      sumTraffic(trafficRows(config, { newTokens, heldTokens, ...each, ...fusion })),
    );
  };
  if (task === "decode") return pass(1, seq_len! - 1);
  const prompt = prompt_len!;
  let bytes = pass(prompt, 0);
  for (let made = 1; made < gen_len; made++) {
    bytes += mode === "naive" ? pass(prompt + made, 0) : pass(1, prompt + made - 1);
  }
  return bytes;
}
