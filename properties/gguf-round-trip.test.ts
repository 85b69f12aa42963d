import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { configs } from "../src/arbitraries/configs.ts";
import { models } from "../src/arbitraries/models.ts";
import { readGguf, writeGguf } from "../src/formats/gguf.ts";
import { type Architecture, architectures } from "../src/formats/gguf-architectures.ts";
import { readGgufFile } from "../src/formats/gguf-reader.ts";
import { toHalfSplit, toInterleaved } from "../src/formats/rope-order.ts";
import {
  type ConfigInput,
  type ModelConfig,
  modelConfig,
  type RopeScaling,
} from "../src/model/config.ts";
import type { Model } from "../src/model/model.ts";
import { randomWeights, type Tensor } from "../src/model/weights.ts";
import { expectSameModel, modelsOf } from "./same-model.ts";
import { scratchFolder } from "./scratch.ts";
import { property } from "./support.ts";

const folder = scratchFolder();
const path = join(folder, "round.gguf");

/** The features that an architecture supports; for GPT-2 the defaults of unused RoPE fields. */
const bends: Record<Architecture, (config: ModelConfig) => Partial<ModelConfig>> = {
  llama: () => architectures.llama,
  qwen2: ({ numAttentionHeads: N, headDim: H }) => ({ ...architectures.qwen2, hiddenSize: N * H }),
  qwen3: () => architectures.qwen3,
  gpt2: ({ numAttentionHeads: N, headDim: H }) => ({
    ...architectures.gpt2,
    ...{ hiddenSize: N * H, ropeTheta: 10_000, ropeLayout: "half-split" },
    ...{ partialRotaryFactor: 1, ropeScaling: null },
  }),
};

describe("GGUF restores", () => {
  for (const [architecture, bend] of Object.entries(bends)) {
    property(`a ${architecture} in F32, bit for bit`, modelsOf(bend), async (model) => {
      await writeGguf(path, model);
      const { values } = await readGgufFile(path);
      expect(values.get("general.architecture")).toBe(architecture);
      const read = await readGguf(path);
      expectSameModel(read, model);
      expect(read.name).toBe(model.name);
    });
  }

  const inLayout = (architecture: Architecture, ropeLayout: ModelConfig["ropeLayout"]) =>
    modelsOf((config) => ({
      ...bends[architecture](config),
      attentionBias: architecture === "llama" && config.attentionOutputBias,
      ropeLayout,
    }));

  property(
    "a half-split llama as the equivalent interleaved model",
    inLayout("llama", "half-split"),
    async (model) => {
      await writeGguf(path, model);
      expectSameModel(await readGguf(path), toInterleaved(model));
    },
  );

  property(
    "an interleaved qwen3 as the equivalent half-split model",
    inLayout("qwen3", "interleaved"),
    async (model) => {
      await writeGguf(path, model);
      expectSameModel(await readGguf(path), toHalfSplit(model));
    },
  );

  property(
    "any model, or refuses to write it with the name of the field",
    models(),
    async (model) => {
      const message = await writeGguf(path, model).then(
        () => null,
        (error: Error) => error.message,
      );
      if (message !== null) expect(message).toMatch(/^GGUF( \w+)?: config\.\w+ must /);
      else expect((await readGguf(path)).weights.tensors.length).toBe(model.weights.tensors.length);
    },
    300,
  );
});

test("a header longer than the first read is read completely", async () => {
  const sizes = { vocabSize: 9000, hiddenSize: 2, intermediateSize: 1, numHiddenLayers: 1 };
  const config = modelConfig({
    ...{ ...sizes, numAttentionHeads: 1, maxPositionEmbeddings: 4, ropeLayout: "interleaved" },
  });
  const model = { name: "\ufeffwörtlich", config, weights: randomWeights(config, 1) };
  await writeGguf(path, model);
  const read = await readGguf(path);
  expectSameModel(read, model);
  expect(read.name).toBe(model.name);
});

describe("Llama 3's scaling of RoPE in GGUF", () => {
  const scaled = (factor: number, originalMaxPositionEmbeddings: number): Model => {
    const constants = { ropeType: "llama3", lowFreqFactor: 1, highFreqFactor: 4 } as const;
    const ropeScaling: RopeScaling = { ...constants, factor, originalMaxPositionEmbeddings };
    const config = modelConfig({
      ...{ vocabSize: 4, hiddenSize: 8, intermediateSize: 3, numHiddenLayers: 1 },
      ...{ numAttentionHeads: 1, headDim: 64, maxPositionEmbeddings: 16 },
      ...{ ropeLayout: "interleaved", ropeTheta: 500_000, ropeScaling },
    });
    return { name: "scaled", config, weights: randomWeights(config, 1) };
  };
  /** Removes the note of the scaling: renames it to another key of the same length. */
  const dropNote = async () => {
    const bytes = (await readFile(path)).toString("latin1");
    expect(bytes).toContain("causalgate.rope_scaling");
    const dropped = bytes.replace("causalgate.rope_scaling", "causalgate.rope_unknown");
    await writeFile(path, dropped, "latin1");
  };

  test.each([8, 32])("by %i is recognised from the factors", async (factor) => {
    const model = scaled(factor, 8192);
    await writeGguf(path, model);
    await dropNote();
    expectSameModel(await readGguf(path), model);
  });

  test("of other constants is refused without the note", async () => {
    const model = scaled(8, 64);
    await writeGguf(path, model);
    expectSameModel(await readGguf(path), model);
    await dropNote();
    await expect(readGguf(path)).rejects.toThrow(`${path}: rope_freqs.weight must be that of {`);
  });
});

describe("GGUF with quantised numbers", () => {
  /** Models in which the rows of some matrices are a multiple of 32. */
  const wide = fc
    .record({
      drawn: configs(),
      architecture: fc.constantFrom(...(Object.keys(bends) as Architecture[])),
      halfHead: fc.constantFrom(8, 16),
      intermediateSize: fc.constantFrom(64, 40),
      seed: fc.nat(0xffff),
      scale: fc.constantFrom(1, 1e-6, 1000),
    })
    .map(({ drawn, architecture, halfHead, intermediateSize, seed, scale }) => {
      const heads = { numAttentionHeads: 2, numKeyValueHeads: 1, headDim: 2 * halfHead };
      const base = { ...drawn, ...heads, hiddenSize: 4 * halfHead, intermediateSize };
      const config = modelConfig({ ...base, ...bends[architecture](base) } as ConfigInput);
      return { name: "wide", config, weights: randomWeights(config, seed, scale) };
    });

  const float16Error = (x: number) => Math.max(Math.abs(x) * 2 ** -11, 2 ** -25);
  /** Half a step of the scale, 127 times its rounding to float16, and ggml's float32 rounding. */
  const blockError = (block: Float64Array) => {
    const scale = block.reduce((max, x) => Math.max(max, Math.abs(x)), 0) / 127;
    return (scale / 2) * (1 + 2 ** -14) + 127 * float16Error(scale);
  };
  /** Largest allowed error of each number of a tensor. */
  const bounds = ({ name, shape, data }: Tensor, dtype: "F16" | "Q8_0"): Float64Array => {
    if (shape.length === 1 || name.includes("positions")) return new Float64Array(data.length);
    if (dtype === "F16" || shape[1] % 32 !== 0) return data.map(float16Error);
    const errors = new Float64Array(data.length);
    for (let i = 0; i < data.length; i += 32) {
      errors.fill(blockError(data.subarray(i, i + 32)), i, i + 32);
    }
    return errors;
  };

  for (const dtype of ["F16", "Q8_0"] as const) {
    property(
      `${dtype} is within its derived bound, and exact the second time`,
      wide,
      async (model) => {
        await writeGguf(path, model, { dtype });
        const read = await readGguf(path);
        for (const [t, tensor] of model.weights.tensors.entries()) {
          const { data } = read.weights.tensors[t];
          const allowed = bounds(tensor, dtype);
          const i = data.findIndex((x, at) => !(Math.abs(x - tensor.data[at]) <= allowed[at]));
          const values = `${tensor.data[i]} became ${data[i]}, within ${allowed[i]}`;
          expect(i, `${tensor.name}[${i}]: ${values}`).toBe(-1);
        }
        const bytes = await readFile(path);
        await writeGguf(path, read, { dtype });
        expect((await readFile(path)).equals(bytes)).toBe(true);
      },
      50,
    );
  }
});
