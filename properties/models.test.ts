import { describe, expect, test } from "vitest";
import { parameterCount } from "../src/cost/parameters.ts";
import {
  checkConfig,
  configFromJson,
  configToJson,
  type ModelConfig,
} from "../src/model/config.ts";
import { namedModel, namedModels } from "../src/model/named/registry.ts";
import { tinyWords } from "../src/model/named/tiny-words.ts";
import { countParameters, initWeights } from "../src/model/weights.ts";

const config = (name: string) => namedModel(name).config;
const parameters = (name: string, change: Partial<ModelConfig> = {}) =>
  parameterCount({ ...config(name), ...change });

/** Total parameters of the published weight files. */
const published: Record<string, bigint> = {
  "llama-2-7b": 6_738_415_616n,
  "llama-2-13b": 13_015_864_320n,
  "llama-2-70b": 68_976_648_192n,
  "llama-3-8b": 8_030_261_248n,
  "llama-3-70b": 70_553_706_496n,
  "llama-3.2-1b": 1_235_814_400n,
  "tinyllama-1.1b": 1_100_048_384n,
  "smollm2-135m": 134_515_008n,
  "smollm2-360m": 361_821_120n,
  "smollm2-1.7b": 1_711_376_384n,
  "mistral-7b": 7_241_732_096n,
  gpt2: 124_439_808n,
  "gpt2-medium": 354_823_168n,
  "gpt2-large": 774_030_080n,
  "gpt2-xl": 1_557_611_200n,
  "qwen2.5-0.5b": 494_032_768n,
  "qwen2.5-1.5b": 1_543_714_304n,
  "qwen2.5-3b": 3_085_938_688n,
  "qwen2.5-7b": 7_615_616_512n,
  "qwen2.5-14b": 14_770_033_664n,
  "qwen2.5-32b": 32_763_876_352n,
  "qwen2.5-72b": 72_706_203_648n,
  "qwen3-0.6b": 596_049_920n,
  "qwen3-1.7b": 1_720_574_976n,
  "qwen3-4b": 4_022_468_096n,
  "qwen3-8b": 8_190_735_360n,
  "qwen3-14b": 14_768_307_200n,
  "qwen3-32b": 32_762_123_264n,
};

/** Total parameters of the small models, computed by hand. */
const counted: Record<string, number> = {
  demo: 107_328,
  assignment: 148_300,
  "assignment-long": 193_100,
  tiny: 105_152,
  "tiny-long": 743_104,
  overview: 159_808,
  "overview-sinusoidal": 151_616,
  sorter: 26_144,
};

/** Settings that change no total: head width, context, RoPE base, epsilon. */
const uncounted: [prefix: string, headDim: number, context: number, theta: number, eps: number][] =
  [
    ["llama-2-", 128, 4096, 10_000, 1e-5],
    ["llama-3-", 128, 8192, 500_000, 1e-5],
    ["llama-3.2-1b", 64, 131_072, 500_000, 1e-5],
    ["tinyllama-1.1b", 64, 2048, 10_000, 1e-5],
    ["smollm2-135m", 64, 8192, 100_000, 1e-5],
    ["smollm2-360m", 64, 8192, 100_000, 1e-5],
    ["smollm2-1.7b", 64, 8192, 130_000, 1e-5],
    ["mistral-7b", 128, 32_768, 10_000, 1e-5],
    ["qwen2.5-0.5b", 64, 32_768, 1_000_000, 1e-6],
    ["qwen2.5-1.5b", 128, 131_072, 1_000_000, 1e-6],
    ["qwen2.5-3b", 128, 32_768, 1_000_000, 1e-6],
    ["qwen2.5-7b", 128, 131_072, 1_000_000, 1e-6],
    ["qwen2.5-14b", 128, 131_072, 1_000_000, 1e-5],
    ["qwen2.5-32b", 128, 131_072, 1_000_000, 1e-5],
    ["qwen2.5-72b", 128, 131_072, 1_000_000, 1e-5],
    ["qwen3-", 128, 40_960, 1_000_000, 1e-6],
  ];

describe("named models", () => {
  test.each(Object.entries(published))("%s has %i parameters, as published", (name, total) => {
    expect(parameters(name)).toBe(total);
  });

  test.each(Object.entries(counted))(
    "%s has %i parameters, and as many numbers in its weights",
    (name, total) => {
      expect(parameters(name)).toBe(BigInt(total));
      expect(countParameters(initWeights(config(name), 42))).toBe(total);
    },
  );

  test("every model has a known total", () => {
    const known = [...Object.keys(counted), ...Object.keys(published)];
    expect(namedModels.map(({ name }) => name).toSorted()).toEqual(known.toSorted());
  });

  test.each(uncounted)(
    "%s: heads %i wide, context %i, RoPE base %i, epsilon %d",
    (prefix, ...facts) => {
      const family = namedModels.filter(({ name }) => name.startsWith(prefix));
      expect(family.length).toBeGreaterThan(0);
      for (const { config } of family) {
        const { headDim, maxPositionEmbeddings, ropeTheta, normEps } = config;
        expect([headDim, maxPositionEmbeddings, ropeTheta, normEps]).toEqual(facts);
      }
    },
  );

  test("every configuration is legal, frozen, and unchanged by a round trip through JSON", () => {
    for (const { config } of namedModels) {
      checkConfig(config);
      expect(Object.isFrozen(config)).toBe(true);
      expect(configFromJson(JSON.parse(JSON.stringify(configToJson(config))))).toEqual(config);
    }
  });

  test("names are unique, and every model has a source", () => {
    expect(new Set(namedModels.map(({ name }) => name)).size).toBe(namedModels.length);
    for (const { title, source } of namedModels) {
      expect(title).not.toBe("");
      expect(source).toMatch(/^from |^this project|config\.json$/);
    }
  });

  test.each(["llama", "constructor", ""])(
    "an unknown name, '%s', is refused with all names",
    (name) => {
      const names = namedModels.map((model) => model.name).join(", ");
      const message = `namedModel: the name must be one of ${names}, got "${name}"`;
      expect(() => namedModel(name)).toThrow(new RangeError(message));
    },
  );
});

describe("choices and variants", () => {
  test("the vocabulary of tiny is its 20 words; the index of a word is its id", () => {
    const words =
      "the cat dog sat on mat a is in house and runs with small big jumps over under tree eats";
    expect(tinyWords.join(" ")).toBe(words);
    expect(config("tiny").vocabSize).toBe(20);
  });

  test("variants of tiny: a tied head, sinusoidal positions", () => {
    expect(parameters("tiny", { tieWordEmbeddings: true })).toBe(103_872n);
    expect(parameters("tiny", { positions: "sinusoidal" })).toBe(103_104n);
  });

  test("variants of the assignment: without bias at the head, at W_o, anywhere", () => {
    const head = { lmHeadBias: false };
    const output = { ...head, attentionOutputBias: false };
    expect(parameters("assignment", head)).toBe(147_300n);
    expect(parameters("assignment", output)).toBe(147_200n);
    expect(parameters("assignment", { ...output, mlpBias: false })).toBe(146_900n);
  });

  test("the long models differ from the short ones in the context only", () => {
    const context = (name: string) => config(name).maxPositionEmbeddings;
    for (const name of ["tiny", "assignment"]) {
      const long = { ...config(`${name}-long`), maxPositionEmbeddings: context(name) };
      expect(long).toEqual(config(name));
    }
    expect(context("tiny-long")).toBe(10_000);
    expect(context("assignment-long")).toBeGreaterThanOrEqual(1000 + 20);
  });

  test("the overview has four query heads per key-value head, and holds the ids of its example", () => {
    const { numAttentionHeads, numKeyValueHeads, vocabSize } = config("overview");
    expect(numAttentionHeads / numKeyValueHeads).toBe(4);
    expect(vocabSize).toBeGreaterThan(Math.max(101, 455, 999, 203));
    const sinusoidal = { ...config("overview"), positions: "sinusoidal" };
    expect(config("overview-sinusoidal")).toEqual(sinusoidal);
  });

  test("GPT-2 ties its head; Llama 2 7B, Llama 3 8B and Mistral 7B do not", () => {
    const tied = (name: string) => config(name).tieWordEmbeddings;
    expect(["gpt2", "gpt2-medium", "gpt2-large", "gpt2-xl"].every(tied)).toBe(true);
    expect(["llama-2-7b", "llama-3-8b", "mistral-7b"].some(tied)).toBe(false);
  });

  test("Llama 3 8B differs from Llama 2 7B in V, K, F, context and RoPE base only", () => {
    const { vocabSize, numKeyValueHeads, intermediateSize, maxPositionEmbeddings, ropeTheta } =
      config("llama-3-8b");
    expect(config("llama-3-8b")).toEqual({
      ...config("llama-2-7b"),
      vocabSize,
      numKeyValueHeads,
      intermediateSize,
      maxPositionEmbeddings,
      ropeTheta,
    });
    expect(vocabSize / config("llama-2-7b").vocabSize).toBeCloseTo(4, 1);
    expect(config("llama-2-7b").numKeyValueHeads / numKeyValueHeads).toBe(4);
  });

  test("Mistral attends to 4,096 tokens; Llama 3.2 scales RoPE by 32", () => {
    expect(config("mistral-7b").slidingWindow).toBe(4096);
    expect(config("llama-3.2-1b").ropeScaling?.factor).toBe(32);
  });
});
