import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { configs } from "../src/arbitraries/configs.ts";
import { configFromHuggingFace } from "../src/formats/hugging-face-config.ts";
import { configToHuggingFace } from "../src/formats/hugging-face-family.ts";
import { checkConfig, type ModelConfig, modelConfig } from "../src/model/config.ts";
import { families } from "./families.ts";
import { published } from "./published-configs.ts";
import { modelsOf } from "./same-model.ts";
import { property } from "./support.ts";

describe("config.json", () => {
  test.each(Object.entries(published))("is read: %s", (_, [json, means]) => {
    expect(configFromHuggingFace(JSON.parse(json), "config.json")).toEqual(modelConfig(means));
  });

  const [llama, , mistral, qwen2, qwen3, gpt2] = Object.values(published).map(
    ([json]): Record<string, unknown> => JSON.parse(json),
  );
  const readings: [string, Record<string, unknown>, Partial<ModelConfig>][] = [
    [
      "llama's attention_bias is on q, k, v and o",
      { ...llama, attention_bias: true },
      { attentionBias: true, attentionOutputBias: true },
    ],
    ["llama's mlp_bias", { ...llama, mlp_bias: true }, { mlpBias: true }],
    ["mistral without a window", { ...mistral, sliding_window: null }, { slidingWindow: null }],
    [
      "mistral's own window, where none is said",
      without(mistral, "sliding_window"),
      { slidingWindow: 4096 },
    ],
    ["qwen 3's own head, where none is said", without(qwen3, "head_dim"), { headDim: 128 }],
    ["llama's own head, where none is said", without(llama, "head_dim"), { headDim: 64 }],
    [
      "a window from layer 0 on",
      { ...qwen2, use_sliding_window: true, max_window_layers: 0 },
      { slidingWindow: 32768 },
    ],
    [
      "a window that is not in use",
      { ...qwen2, use_sliding_window: false, max_window_layers: 0 },
      { slidingWindow: null },
    ],
    [
      "a window after the last layer",
      { ...qwen2, use_sliding_window: true },
      { slidingWindow: null },
    ],
    [
      "a window said layer by layer",
      { ...qwen2, use_sliding_window: true, layer_types: Array(24).fill("sliding_attention") },
      { slidingWindow: 32768 },
    ],
    ["GPT-2's inner width", { ...gpt2, n_inner: 100 }, { intermediateSize: 100 }],
    ["GPT-2 untied", { ...gpt2, tie_word_embeddings: false }, { tieWordEmbeddings: false }],
    [
      "gelu is by the error function",
      { ...gpt2, activation_function: "gelu" },
      { feedForward: "gelu" },
    ],
    [
      "PyTorch's tanh",
      { ...gpt2, activation_function: "gelu_pytorch_tanh" },
      { feedForward: "gelu_tanh" },
    ],
    ["relu", { ...gpt2, activation_function: "relu" }, { feedForward: "relu" }],
  ];
  test.each(readings)("reads %s", (_, json, expected) => {
    expect(configFromHuggingFace(json, "config.json")).toMatchObject(expected);
  });

  const scaling = (rope_type: string) => ({ rope_scaling: { rope_type, factor: 2 } });
  const refusals: [Record<string, unknown>, string][] = [
    [{}, "model_type must be llama, mistral, qwen2, qwen3, gpt2, got undefined"],
    [
      { model_type: "mixtral" },
      'model_type must be llama, mistral, qwen2, qwen3, gpt2, got "mixtral"',
    ],
    [{ model_type: "constructor" }, 'gpt2, got "constructor"'],
    [{ ...llama, ...scaling("yarn") }, 'rope_type must be default or llama3, got "yarn"'],
    [
      { ...llama, rope_scaling: { type: "linear", factor: 2 } },
      'must be default or llama3, got "linear"',
    ],
    [{ ...llama, rope_scaling: "llama3" }, 'rope_scaling must be an object or null, got "llama3"'],
    [
      { ...llama, ...scaling("llama3") },
      "config.ropeScaling.lowFreqFactor must be a positive number",
    ],
    [{ ...llama, rope_parameters: {} }, "rope_scaling must be absent beside rope_parameters"],
    [
      { ...llama, rope_scaling: { partial_rotary_factor: 0.5 } },
      "partial_rotary_factor must be 1, got 0.5",
    ],
    [{ ...llama, partial_rotary_factor: 0.5 }, "partial_rotary_factor must be 1 or null, got 0.5"],
    [{ ...llama, hidden_act: "gelu" }, 'hidden_act must be silu, got "gelu"'],
    [{ ...llama, num_local_experts: 8 }, "num_local_experts must be null, got 8"],
    [
      { ...llama, quantization_config: { bits: 4 } },
      'quantization_config must be null, got {"bits":4}',
    ],
    [
      { ...llama, vocab_size: undefined },
      "config.vocabSize must be a positive integer, got undefined",
    ],
    [{ ...llama, hidden_size: "2048" }, "config.hiddenSize must be a positive integer, got 2048"],
    [{ ...llama, num_key_value_heads: 5 }, "config.numKeyValueHeads must divide numAttentionHeads"],
    [{ ...llama, tie_word_embeddings: 1 }, "config.tieWordEmbeddings must be true or false, got 1"],
    [
      { ...qwen2, use_sliding_window: true, max_window_layers: 12 },
      "max_window_layers must be 0 or num_hidden_layers, got 12",
    ],
    [
      { ...qwen2, use_sliding_window: true, layer_types: ["sliding_attention", "full_attention"] },
      "layer_types must be the same for all layers",
    ],
    [{ ...gpt2, activation_function: "gelu_fast" }, 'gelu, relu, got "gelu_fast"'],
    [{ ...gpt2, scale_attn_weights: false }, "scale_attn_weights must be true, got false"],
    [{ ...gpt2, scale_attn_by_inverse_layer_idx: true }, "must be false, got true"],
    [{ ...gpt2, add_cross_attention: true }, "add_cross_attention must be false or null, got true"],
  ];
  test.each(refusals)("refuses unsupported fields %#", (json, message) => {
    const read = () => configFromHuggingFace(json, "here/config.json");
    expect(read).toThrow(message);
    expect(read).toThrow(/^here\/config.json: /);
  });

  for (const [type, bend] of Object.entries(families)) {
    property(`writes ${type} and reads it back`, modelsOf(bend), ({ config }) => {
      const json = configToHuggingFace(config);
      expect(json.model_type).toBe(type);
      const read = configFromHuggingFace(JSON.parse(JSON.stringify(json)), "config.json");
      expect(read).toEqual({ ...config, ropeLayout: "half-split" });
    });
  }

  const nearFamilies = fc
    .record({
      config: fc.constantFrom(...Object.values(families)).chain((bend) => modelsOf(bend)),
      other: configs(),
      field: fc.constantFrom(...(Object.keys(modelConfig(published["GPT-2"][1])) as ["norm"])),
    })
    .map(({ config: { config }, other, field }) => ({ ...config, [field]: other[field] }))
    .filter(isConfig);
  property(
    "is read as the written configuration, or refused by field",
    nearFamilies,
    (config) => {
      let json: ReturnType<typeof configToHuggingFace>;
      try {
        json = configToHuggingFace(config);
      } catch (error) {
        expect((error as Error).message).toMatch(/^Hugging Face: .* must be .*, got /);
        return;
      }
      const read = configFromHuggingFace(JSON.parse(JSON.stringify(json)), "config.json");
      const idle = json.model_type === "gpt2" ? ropeFields(read) : {};
      expect(read).toEqual({ ...config, ...idle, ropeLayout: "half-split" });
    },
    500,
  );

  test("names the unsupported field of each family", () => {
    const config = modelConfig({
      ...published["Mistral 7B v0.1"][1],
      lmHeadBias: true,
      qkNorm: true,
    });
    expect(() => configToHuggingFace(config)).toThrow(
      "Hugging Face: one family must support it all; " +
        "llama: config.lmHeadBias must be false, got true; " +
        "mistral: config.lmHeadBias must be false, got true; " +
        "qwen2: config.lmHeadBias must be false, got true; " +
        "qwen3: config.lmHeadBias must be false, got true; " +
        "gpt2: config.norm must be layernorm, got rmsnorm",
    );
  });
});

function without(json: Record<string, unknown>, word: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(json).filter(([key]) => key !== word));
}

function isConfig(config: ModelConfig): boolean {
  try {
    checkConfig(config);
    return true;
  } catch {
    return false;
  }
}

/** The fields that learned positions do not use. */
function ropeFields({ ropeTheta, ropeScaling, partialRotaryFactor }: ModelConfig) {
  return { ropeTheta, ropeScaling, partialRotaryFactor };
}
