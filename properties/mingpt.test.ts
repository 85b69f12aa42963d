import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readMinGpt, writeMinGpt } from "../src/formats/mingpt.ts";
import { type ModelConfig, modelConfig } from "../src/model/config.ts";
import type { Model } from "../src/model/model.ts";
import { randomWeights } from "../src/model/weights.ts";
import { damagedCopies, damagedJson } from "./damage.ts";
import { withModel } from "./models.ts";
import { expectClear, expectModelOrRefusal } from "./refusals.ts";
import { expectSameModel, modelsOf } from "./same-model.ts";
import { scratchFolder } from "./scratch.ts";
import { property } from "./support.ts";

const folder = scratchFolder();
const path = join(folder, "model.json");

/** The features that minGPT supports: its GPT-2, with the defaults of unused RoPE fields. */
const minGpt = ({ numAttentionHeads: N, headDim: H }: ModelConfig): Partial<ModelConfig> => ({
  ...{ hiddenSize: N * H, intermediateSize: 4 * N * H, numKeyValueHeads: N },
  ...{ norm: "layernorm", normEps: 1e-5, finalNorm: true, qkNorm: false, slidingWindow: null },
  ...{ positions: "learned", ropeTheta: 10_000, ropeLayout: "half-split" },
  ...{ partialRotaryFactor: 1, ropeScaling: null, feedForward: "gelu_tanh" },
  ...{ attentionBias: true, attentionOutputBias: true, mlpBias: true },
  ...{ lmHeadBias: false, tieWordEmbeddings: false },
});

interface Json {
  config: Record<string, unknown>;
  [tensor: string]: Record<string, unknown>;
}

/**
 * A file of one layer, V = 3, D = 2, N = 2, P = 2; its numbers, except for the mask, are 1, 2, 3, …
 */
function tiny(): Json {
  const shapes: [string, ...number[]][] = [
    ["transformer.wte.weight", 3, 2],
    ["transformer.wpe.weight", 2, 2],
    ["transformer.h.0.ln_1.weight", 2],
    ["transformer.h.0.ln_1.bias", 2],
    ["transformer.h.0.attn.c_attn.weight", 6, 2],
    ["transformer.h.0.attn.c_attn.bias", 6],
    ["transformer.h.0.attn.c_proj.weight", 2, 2],
    ["transformer.h.0.attn.c_proj.bias", 2],
    ["transformer.h.0.ln_2.weight", 2],
    ["transformer.h.0.ln_2.bias", 2],
    ["transformer.h.0.mlp.c_fc.weight", 8, 2],
    ["transformer.h.0.mlp.c_fc.bias", 8],
    ["transformer.h.0.mlp.c_proj.weight", 2, 8],
    ["transformer.h.0.mlp.c_proj.bias", 2],
    ["transformer.ln_f.weight", 2],
    ["transformer.ln_f.bias", 2],
    ["lm_head.weight", 3, 2],
  ];
  let next = 1;
  const tensors = shapes.map(([name, ...shape]) => {
    const size = shape.reduce((product, extent) => product * extent, 1);
    return [
      name,
      stored(
        shape,
        Array.from({ length: size }, () => next++),
      ),
    ];
  });
  return {
    config: { model_type: "tiny", n_layer: 1, n_head: 2, n_embd: 2, vocab_size: 3, block_size: 2 },
    ...Object.fromEntries(tensors),
    "transformer.h.0.attn.bias": stored([1, 1, 2, 2], [1, 0, 1, 1]),
  };
}

function stored(shape: number[], numbers: number[]): Record<string, unknown> {
  const bytes = Buffer.alloc(4 * numbers.length);
  for (const [i, x] of numbers.entries()) bytes.writeFloatLE(x, 4 * i);
  return { shape, dtype: "torch.float32", data: bytes.toString("base64") };
}

describe("minGPT's JSON", () => {
  test("worked example: q, k and v are rows of c_attn", async () => {
    await writeFile(path, JSON.stringify(tiny()));
    const model = await readMinGpt(path);
    expect(model.name).toBe("tiny");
    expect(model.config).toEqual(
      modelConfig({
        ...{ vocabSize: 3, numHiddenLayers: 1, numAttentionHeads: 2, maxPositionEmbeddings: 2 },
        ...minGpt({ numAttentionHeads: 2, headDim: 1 } as ModelConfig),
      } as ModelConfig),
    );
    const numbers = (name: string) => [
      ...model.weights.tensors.find((tensor) => tensor.name === name)!.data,
    ];
    expect(numbers("model.embed_positions.weight")).toEqual([7, 8, 9, 10]);
    expect(numbers("model.layers.0.self_attn.q_proj.weight")).toEqual([15, 16, 17, 18]);
    expect(numbers("model.layers.0.self_attn.k_proj.weight")).toEqual([19, 20, 21, 22]);
    expect(numbers("model.layers.0.self_attn.v_proj.weight")).toEqual([23, 24, 25, 26]);
    expect(numbers("model.layers.0.self_attn.v_proj.bias")).toEqual([31, 32]);
    expect(numbers("lm_head.weight")).toEqual([89, 90, 91, 92, 93, 94]);
  });

  property("reads a written model bit for bit", modelsOf(minGpt), async (model) => {
    await writeMinGpt(path, model);
    const bytes = await readFile(path);
    const read = await readMinGpt(path);
    expectSameModel(read, model);
    await writeMinGpt(path, read);
    expect((await readFile(path)).equals(bytes)).toBe(true);
  });

  withModel("gpt-nano-sort", (models) => {
    test("a file of minGPT is written again, byte for byte", async () => {
      const original = join(models, "gpt-nano-sort-model.json");
      await writeMinGpt(path, await readMinGpt(original));
      expect((await readFile(path)).equals(await readFile(original))).toBe(true);
    });
  });
});

describe("minGPT's JSON is refused", () => {
  const WTE = "transformer.wte.weight";
  const MASK = "transformer.h.0.attn.bias";
  const huge = [2 ** 31, 2 ** 31];
  const refusals: [string, (json: Json) => unknown, string][] = [
    [
      "without a config",
      ({ config: _, ...others }) => others,
      ": config must be an object, got undefined",
    ],
    ["as a list", () => [], ": must be a JSON object, got []"],
    [
      "with a word of unknown effect",
      (j) => set(j, "config", { rope: 1 }),
      ": config.rope must be absent",
    ],
    [
      "without layers",
      (j) => set(j, "config", { n_layer: 0 }),
      ": config.numHiddenLayers must be a positive",
    ],
    [
      "with 2^50 layers",
      (j) => set(j, "config", { n_layer: 2 ** 50 }),
      ": must hold 1125899906842624 layers",
    ],
    [
      "with a head and a half",
      (j) => set(j, "config", { n_head: 4 }),
      ": config.headDim must be a positive",
    ],
    [
      "with sizes as text",
      (j) => set(j, "config", { n_embd: "2" }),
      ": config.hiddenSize must be a positive",
    ],
    ["without a tensor", ({ [WTE]: _, ...others }) => others, `: ${WTE}: must be in the file`],
    [
      "with a tensor too many",
      (j) => ({ ...j, x: j[WTE] }),
      ": x: must be a tensor of the model, got [3,2]",
    ],
    ["with a tensor that is none", (j) => ({ ...j, x: 1 }), ": x must be an object, got 1"],
    [
      "with a transposed tensor",
      (j) => set(j, WTE, { shape: [2, 3] }),
      `: ${WTE}: must hold model.embed_tokens.weight, [3,2], got [2,3]`,
    ],
    [
      "with a shape of 100 GB",
      (j) => set(j, WTE, { shape: huge }),
      `: ${WTE}: [2147483648,2147483648] must have 18446744073709552000 bytes, got 24`,
    ],
    [
      "with a shape that is none",
      (j) => set(j, WTE, { shape: [3, -2] }),
      `: ${WTE}: shape must be a list of`,
    ],
    [
      "with float16",
      (j) => set(j, WTE, { dtype: "torch.float16" }),
      `: ${WTE}: dtype must be torch.float32`,
    ],
    [
      "with numbers cut short",
      (j) => set(j, WTE, { data: "AACAPw==" }),
      `: ${WTE}: [3,2] must have 24 bytes, got 4`,
    ],
    ["with other letters", (j) => set(j, WTE, { data: "@@@@" }), `: ${WTE}: data must be base64`],
    ["without letters", (j) => set(j, WTE, { data: 7 }), `: ${WTE}: data must be base64, got 7`],
    [
      "with a weight that is not a number",
      (j) => set(j, WTE, stored([3, 2], [1, Number.NaN, 3, 4, 5, 6])),
      `: ${WTE}[1]: must be a finite number, got NaN`,
    ],
    [
      "with a mask that looks ahead",
      (j) => ({ ...j, [MASK]: stored([1, 1, 2, 2], [1, 1, 1, 1]) }),
      `: ${MASK}: must be the causal mask of 2 positions`,
    ],
    [
      "with 2^40 places",
      (j) => set(j, "config", { block_size: 2 ** 40 }),
      `: ${MASK}: must be the causal mask of 1099511627776 positions, got [1,1,2,2]`,
    ],
    [
      "with a mask of no layer",
      (j) => ({ ...j, "transformer.h.1.attn.bias": j[MASK] }),
      ": transformer.h.1.attn.bias: must be a tensor of the model, got [1,1,2,2]",
    ],
    [
      "with a mask of another size",
      (j) => ({ ...j, [MASK]: stored([1, 1, 1, 1], [1]) }),
      `: ${MASK}: must be the causal mask of 2 positions, got [1,1,1,1]`,
    ],
  ];
  test.each(refusals)("%s", async (_, damage, message) => {
    await writeFile(path, JSON.stringify(damage(tiny())));
    const error = await readMinGpt(path).then(
      () => null,
      (refusal: unknown) => refusal,
    );
    expect(String(error)).toContain(`${path}${message}`);
    expectClear(error, path);
  });

  property(
    "by name if its bytes are damaged, or is read as a complete model",
    damagedCopies(Buffer.from(JSON.stringify(tiny())), 1500),
    async (bytes) => {
      await writeFile(path, bytes);
      await expectModelOrRefusal(path, () => readMinGpt(path));
    },
    300,
  );

  property(
    "by name if one token differs, or is read as a complete model",
    damagedJson(JSON.stringify(tiny())),
    async (text) => {
      await writeFile(path, text);
      await expectModelOrRefusal(path, () => readMinGpt(path));
    },
    300,
  );

  const unsupported: Partial<ModelConfig>[] = [
    { norm: "rmsnorm" },
    { normEps: 1e-6 },
    { finalNorm: false },
    { qkNorm: true },
    { positions: "rope" },
    { slidingWindow: 4 },
    { feedForward: "gelu" },
    { attentionBias: false },
    { attentionOutputBias: false },
    { mlpBias: false },
    { lmHeadBias: true },
    { tieWordEmbeddings: true },
    { numKeyValueHeads: 1 },
    { headDim: 6 },
    { intermediateSize: 8 },
  ];
  const sizes = {
    vocabSize: 3,
    numHiddenLayers: 1,
    numAttentionHeads: 2,
    maxPositionEmbeddings: 5,
  };
  const model = (feature: Partial<ModelConfig>): Model => {
    const plain = { ...sizes, ...minGpt({ numAttentionHeads: 2, headDim: 4 } as ModelConfig) };
    const config = modelConfig({ ...plain, ...feature } as ModelConfig);
    return { name: "", config, weights: randomWeights(config, 1) };
  };

  test.each(unsupported)("in writing, for a model with %o", async (feature) => {
    const never = join(folder, "never.json");
    const message = `minGPT: config.${Object.keys(feature)[0]} must be `;
    await expect(writeMinGpt(never, model(feature))).rejects.toThrow(message);
    await expect(readFile(never)).rejects.toThrow("ENOENT");
  });

  test("in writing, for a number that float32 would round", async () => {
    const rounded = model({});
    rounded.weights.lmHead.weight[3] = 0.1;
    const message = "minGPT: lm_head.weight[3]: must be a float32 number, got 0.1; round it first";
    await expect(writeMinGpt(join(folder, "never.json"), rounded)).rejects.toThrow(message);
  });
});

function set(json: Json, name: string, words: Record<string, unknown>): Json {
  return { ...json, [name]: { ...json[name], ...words } };
}
