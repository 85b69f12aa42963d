import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readGguf, writeGguf } from "../src/formats/gguf.ts";
import { type ModelConfig, modelConfig } from "../src/model/config.ts";
import { randomWeights } from "../src/model/weights.ts";
import {
  ARRAY,
  adding,
  addingTensor,
  expectRefusal,
  F32,
  f32,
  type Refusal,
  STRING,
  saying,
  str,
  tinyGpt2,
  U32,
  U64,
  u32,
  u64,
  withTensor,
} from "./gguf-file.ts";
import { scratchFolder } from "./scratch.ts";

const folder = scratchFolder();

const refusals: Refusal[] = [
  [
    "another architecture",
    saying("general.architecture", STRING, str("mamba")),
    "general.architecture must be one of llama, qwen2, qwen3, gpt2, got mamba",
  ],
  [
    "no architecture",
    (p) => ({ ...p, values: [] }),
    "must be one of llama, qwen2, qwen3, gpt2, got",
  ],
  [
    "a word of unknown effect",
    adding("llama.attention.scale", F32, f32(1)),
    "llama.attention.scale must be absent, because its effect is not supported",
  ],
  [
    "a scaling of RoPE that is no Llama 3's",
    adding("llama.rope.scaling.type", STRING, str("linear")),
    "llama.rope.scaling.type must be absent",
  ],
  [
    "factors of RoPE that are no Llama 3's",
    addingTensor("rope_freqs.weight", [1n], f32(3)),
    "rope_freqs.weight must be that of",
  ],
  [
    "a missing size",
    (p) => ({ ...p, values: p.values.filter(({ key }) => !key.endsWith("block_count")) }),
    "llama.block_count must be a number, got undefined",
  ],
  [
    "a size for each layer",
    saying("llama.feed_forward_length", ARRAY, Buffer.concat([u32(U32), u64(1n), u32(1)])),
    "llama.feed_forward_length must be a number",
  ],
  [
    "no heads",
    saying("llama.attention.head_count", U32, u32(0)),
    "config.numAttentionHeads must be a positive integer, got 0",
  ],
  [
    "2^63 layers",
    saying("llama.block_count", U64, u64(2n ** 63n)),
    "llama.block_count must be a number, got 9223372036854775808",
  ],
  [
    "2^50 layers",
    saying("llama.block_count", U64, u64(2n ** 50n)),
    "must hold 1125899906842624 layers, got 11 tensors",
  ],
  [
    "another vocabulary",
    adding("llama.vocab_size", U32, u32(4)),
    "llama.vocab_size must be 3, got 4",
  ],
  [
    "more tokens than embeddings",
    adding("tokenizer.ggml.tokens", ARRAY, u32(STRING), u64(4n), ...["", "", "", ""].map(str)),
    "tokenizer.ggml.tokens must be 3, got 4",
  ],
  [
    "values of another width than keys",
    adding("llama.attention.value_length", U32, u32(4)),
    "llama.attention.value_length must be 2, got 4",
  ],
  [
    "rotation of a part of each head",
    adding("llama.rope.dimension_count", U32, u32(1)),
    "llama.rope.dimension_count must be 2, got 1",
  ],
  [
    "a missing tensor",
    (p) => ({ ...p, tensors: p.tensors.filter(({ name }) => name !== "blk.0.attn_v.weight") }),
    "blk.0.attn_v.weight: must be in the file, got no such tensor",
  ],
  [
    "a tensor too many",
    addingTensor("blk.1.attn_q.weight", [4n, 4n], f32(...new Array(16).fill(0))),
    "blk.1.attn_q.weight: must be a tensor of the model, got [4,4]",
  ],
  [
    "a transposed matrix",
    withTensor("blk.0.attn_k.weight", { extents: [2n, 4n] }),
    "blk.0.attn_k.weight: must hold model.layers.0.self_attn.k_proj.weight, [2,4], got [4,2]",
  ],
  [
    "a matrix of too many rows",
    withTensor("output_norm.weight", { extents: [5n], bytes: f32(1, 2, 3, 4, 5) }),
    "output_norm.weight: must hold 4 numbers, got [5]",
  ],
  [
    "a gpt2 with too many rows of q, k and v",
    () =>
      withTensor("blk.0.attn_qkv.bias", { extents: [7n], bytes: f32(1, 2, 3, 4, 5, 6, 7) })(
        tinyGpt2(),
      ),
    "blk.0.attn_qkv.bias: must hold 6 numbers, got [7]",
  ],
];

describe("a GGUF file of an invalid model is refused", () => {
  test.each(refusals)("for %s", (...refusal) =>
    expectRefusal(join(folder, "refused.gguf"), refusal, readGguf),
  );
});

describe("a GGUF file is not written", () => {
  const llama = { ...{ vocabSize: 4, hiddenSize: 8, intermediateSize: 3, numHiddenLayers: 1 } };
  const plain = { ...llama, numAttentionHeads: 2, headDim: 4, maxPositionEmbeddings: 5 };
  const model = (feature: Partial<ModelConfig>) => {
    const config = modelConfig({ ...plain, ...feature });
    return { name: "", config, weights: randomWeights(config, 1) };
  };
  const gpt2: Partial<ModelConfig> = {
    ...{ norm: "layernorm", positions: "learned", feedForward: "gelu_tanh" },
    ...{ attentionBias: true, attentionOutputBias: true, mlpBias: true },
  };
  const unsupported: [Partial<ModelConfig>, string][] = [
    [{ norm: "layernorm" }, "GGUF llama: config.norm must be rmsnorm, got layernorm"],
    [{ finalNorm: false }, "GGUF llama: config.finalNorm must be true, got false"],
    [{ positions: "none" }, "GGUF llama: config.positions must be rope, got none"],
    [{ partialRotaryFactor: 0.5 }, "GGUF llama: config.partialRotaryFactor must be 1, got 0.5"],
    [{ slidingWindow: 4 }, "GGUF llama: config.slidingWindow must be null, got 4"],
    [{ feedForward: "relu" }, "GGUF llama: config.feedForward must be swiglu, got relu"],
    [{ lmHeadBias: true }, "GGUF llama: config.lmHeadBias must be false, got true"],
    [{ qkNorm: true, mlpBias: true }, "GGUF qwen3: config.mlpBias must be false, got true"],
    [{ ...gpt2, mlpBias: false }, "GGUF gpt2: config.mlpBias must be true, got false"],
    [{ ...gpt2, headDim: 6 }, "GGUF gpt2: config.headDim must be 4, got 6"],
    [{ normEps: 1.23456789012e-5 }, "GGUF: config.normEps must have no more digits than a float32"],
  ];

  test.each(unsupported)("for a model with %o", async (feature, message) => {
    const never = join(folder, "never.gguf");
    await expect(writeGguf(never, model(feature))).rejects.toThrow(message);
    await expect(readFile(never)).rejects.toThrow("ENOENT");
  });

  test.each([
    ["F32", 0.1, "GGUF: output.weight[3]: must be a float32 number, got 0.1"],
    ["F16", 70_000, "GGUF: output.weight[3]: must be in float16's range, got 70000"],
  ] as const)("in %s for a weight of %d", async (dtype, weight, message) => {
    const large = model({});
    large.weights.lmHead.weight[3] = weight;
    const never = join(folder, "never.gguf");
    await expect(writeGguf(never, large, { dtype })).rejects.toThrow(message);
    await expect(readFile(never)).rejects.toThrow("ENOENT");
  });
});
