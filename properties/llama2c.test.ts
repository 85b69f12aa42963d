import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readLlama2c, writeLlama2c } from "../src/formats/llama2c.ts";
import { type ModelConfig, modelConfig } from "../src/model/config.ts";
import type { Model } from "../src/model/model.ts";
import { buildWeights, randomWeights } from "../src/model/weights.ts";
import { damagedCopies } from "./damage.ts";
import { expectModelOrRefusal } from "./refusals.ts";
import { expectSameModel, modelsOf } from "./same-model.ts";
import { scratchFolder } from "./scratch.ts";
import { property } from "./support.ts";

/** The features that llama2.c supports: those of Llama 2, in Meta's layout. */
const llama2 = ({ numAttentionHeads: N, headDim: H }: ModelConfig): Partial<ModelConfig> => ({
  hiddenSize: N * H,
  norm: "rmsnorm",
  normEps: 1e-5,
  finalNorm: true,
  qkNorm: false,
  positions: "rope",
  ropeTheta: 10_000,
  ropeLayout: "interleaved",
  partialRotaryFactor: 1,
  ropeScaling: null,
  slidingWindow: null,
  feedForward: "swiglu",
  attentionBias: false,
  attentionOutputBias: false,
  mlpBias: false,
  lmHeadBias: false,
  headDim: H % 2 === 0 ? H : 2 * H,
});

/** A file of one layer: V = 3, D = 4, F = 1, N = 2, K = 1, P = 2; its numbers are 1, 2, 3, … */
const tiny = (tied: boolean): { model: Model; bytes: Uint8Array } => {
  const config = modelConfig({
    vocabSize: 3,
    hiddenSize: 4,
    intermediateSize: 1,
    numHiddenLayers: 1,
    numAttentionHeads: 2,
    numKeyValueHeads: 1,
    maxPositionEmbeddings: 2,
    ropeLayout: "interleaved",
    tieWordEmbeddings: tied,
  });
  const count = (first: number, length: number) =>
    Float64Array.from({ length }, (_, i) => first + i);
  const tensors: Record<string, Float64Array> = {
    "model.embed_tokens.weight": count(1, 12),
    "model.layers.0.input_layernorm.weight": count(13, 4),
    "model.layers.0.self_attn.q_proj.weight": count(17, 16),
    "model.layers.0.self_attn.k_proj.weight": count(33, 8),
    "model.layers.0.self_attn.v_proj.weight": count(41, 8),
    "model.layers.0.self_attn.o_proj.weight": count(49, 16),
    "model.layers.0.post_attention_layernorm.weight": count(65, 4),
    "model.layers.0.mlp.gate_proj.weight": count(69, 4),
    "model.layers.0.mlp.down_proj.weight": count(73, 4),
    "model.layers.0.mlp.up_proj.weight": count(77, 4),
    "model.norm.weight": count(81, 4),
    "lm_head.weight": count(85, 12),
  };
  const rope = [1, Math.cos(1), 0, Math.sin(1)];
  const numbers = [...count(1, 84), ...rope, ...(tied ? [] : count(85, 12))];
  const header = Int32Array.of(4, 1, 1, 2, 1, tied ? 3 : -3, 2);
  return {
    model: { name: "tiny", config, weights: buildWeights(config, (name) => tensors[name]) },
    bytes: Buffer.concat([header, Float32Array.from(numbers)].map((a) => Buffer.from(a.buffer))),
  };
};

describe("llama2.c", () => {
  const folder = scratchFolder();

  test.each([true, false])("worked example: a file built byte by byte, tied %s", async (tied) => {
    const { model, bytes } = tiny(tied);
    const path = join(folder, "tiny.bin");
    await writeFile(path, bytes);
    const read = await readLlama2c(path);
    expectSameModel(read, model);
    expect(read.name).toBe("tiny");
    await writeLlama2c(path, model);
    expect(new Uint8Array(await readFile(path))).toEqual(new Uint8Array(bytes));
  });

  property("reads a written model bit for bit", modelsOf(llama2), async (model) => {
    const path = join(folder, "round.bin");
    await writeLlama2c(path, model);
    expectSameModel(await readLlama2c(path), model);
  });

  const unsupported: Partial<ModelConfig>[] = [
    { norm: "layernorm" },
    { normEps: 1e-6 },
    { finalNorm: false },
    { qkNorm: true },
    { positions: "learned" },
    { ropeTheta: 500_000 },
    { ropeLayout: "half-split" },
    { partialRotaryFactor: 0.5 },
    { slidingWindow: 4 },
    { feedForward: "relu" },
    { attentionBias: true },
    { attentionOutputBias: true },
    { mlpBias: true },
    { lmHeadBias: true },
    { headDim: 8 },
  ];
  test.each(unsupported)("does not write unsupported features: %o", async (feature) => {
    const { model } = tiny(true);
    const plain = { ...model.config, hiddenSize: 8, headDim: 4 };
    const config = modelConfig({ ...plain, ...feature });
    const path = join(folder, "never.bin");
    const [field] = Object.keys(feature);
    const write = writeLlama2c(path, { name: "", config, weights: randomWeights(config, 1) });
    await expect(write).rejects.toThrow(`llama2.c: config.${field} must be `);
    await expect(readFile(path)).rejects.toThrow("ENOENT");
  });

  test("does not write a number that float32 would round", async () => {
    const { model } = tiny(false);
    model.weights.lmHead.weight[3] = 0.1;
    const message =
      "llama2.c: lm_head.weight[3]: must be a float32 number, got 0.1; round it first";
    await expect(writeLlama2c(join(folder, "never.bin"), model)).rejects.toThrow(message);
  });

  test("does not write adapters", async () => {
    const { model } = tiny(true);
    const lora = { rank: 2, alpha: 1, targets: ["q_proj" as const] };
    const weights = buildWeights(model.config, (_, shape) => zeros(shape), lora);
    const message = "llama2.c: the weights must have no adapters (merge them first), got q_proj";
    const write = writeLlama2c(join(folder, "never.bin"), { ...model, weights });
    await expect(write).rejects.toThrow(message);
  });

  const whole = tiny(true).bytes;
  const refusals: [string, (bytes: DataView) => DataView, string][] = [
    ["an empty file", () => view(0), "a llama2.c header must be bytes [0, 28), got a file of 0"],
    [
      "a file cut short",
      (bytes) => new DataView(bytes.buffer, 0, bytes.byteLength - 4),
      "must have 380 bytes by its header, got 376",
    ],
    [
      "a file with more than a model",
      () => view(384, whole),
      "must have 380 bytes by its header, got 384",
    ],
    ["a header of zeros", () => view(28), "config.vocabSize must be a positive integer, got 0"],
    [
      "a header that asks for more than there is",
      (bytes) => set(bytes, (b) => b.setInt32(8, 0x7fffffff, true)),
      "must have 584115552092 bytes by its header, got 380",
    ],
    [
      "key-value heads that do not divide the heads",
      (bytes) => set(bytes, (b) => b.setInt32(16, 3, true)),
      "config.numKeyValueHeads must divide numAttentionHeads, got 3 and 2",
    ],
    [
      "a weight that is not a number",
      (bytes) => set(bytes, (b) => b.setFloat32(28 + 4 * 13, Number.NaN, true)),
      "model.layers.0.input_layernorm.weight[1]: must be a finite number, got NaN",
    ],
  ];
  test.each(refusals)("refuses %s", async (_, damage, message) => {
    const path = join(folder, "refused.bin");
    await writeFile(path, damage(view(whole.length, whole)));
    await expect(readLlama2c(path)).rejects.toThrow(`${path}: ${message}`);
  });

  property(
    "a damaged file is refused by name, or read as a complete model",
    damagedCopies(tiny(false).bytes, 28),
    async (bytes) => {
      const path = join(folder, "damaged.bin");
      await writeFile(path, bytes);
      await expectModelOrRefusal(path, () => readLlama2c(path));
    },
    300,
  );
});

function zeros(shape: readonly number[]): Float64Array {
  return new Float64Array(shape.reduce((product, extent) => product * extent, 1));
}

/** Returns a copy of `bytes`, followed by zeros. */
function view(length: number, bytes: Uint8Array = new Uint8Array()): DataView {
  const copy = new Uint8Array(length);
  copy.set(bytes);
  return new DataView(copy.buffer);
}

function set(bytes: DataView, change: (bytes: DataView) => void): DataView {
  change(bytes);
  return bytes;
}
