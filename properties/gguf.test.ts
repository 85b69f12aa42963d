import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readGguf, writeGguf } from "../src/formats/gguf.ts";
import { readLlama2c } from "../src/formats/llama2c.ts";
import { readMinGpt } from "../src/formats/mingpt.ts";
import { modelConfig } from "../src/model/config.ts";
import type { Model } from "../src/model/model.ts";
import { referenceDecoder } from "../src/reference/reference-decoder.ts";
import { type HandMade, handMade, tinyGpt2, tinyLlama, U32, u32 } from "./gguf-file.ts";
import { withModel } from "./models.ts";
import { expectSameModel } from "./same-model.ts";
import { scratchFolder } from "./scratch.ts";

const folder = scratchFolder();

describe("a GGUF file built byte by byte", () => {
  const read = async (parts: HandMade) => {
    const path = join(folder, "by-hand.gguf");
    await writeFile(path, handMade(parts));
    return readGguf(path);
  };
  const numbers = ({ weights }: Model, name: string) => [
    ...weights.tensors.find((tensor) => tensor.name === name)!.data,
  ];
  const upTo = (first: number, last: number) =>
    Array.from({ length: last - first + 1 }, (_, i) => first + i);

  test("worked example: a llama, its matrices [out, in] and its head tied", async () => {
    const model = await read(tinyLlama());
    expect(model.name).toBe("by-hand");
    expect(model.config).toEqual(
      modelConfig({
        ...{ vocabSize: 3, hiddenSize: 4, intermediateSize: 1, numHiddenLayers: 1 },
        ...{ numAttentionHeads: 2, numKeyValueHeads: 1, maxPositionEmbeddings: 5 },
        ...{ ropeLayout: "interleaved", tieWordEmbeddings: true },
      }),
    );
    expect(numbers(model, "model.embed_tokens.weight")).toEqual(upTo(1, 12));
    expect(numbers(model, "model.layers.0.self_attn.q_proj.weight")).toEqual(upTo(17, 32));
    expect(numbers(model, "model.layers.0.mlp.down_proj.weight")).toEqual(upTo(77, 80));
    expect(numbers(model, "model.norm.weight")).toEqual(upTo(81, 84));
  });

  test("worked example: a gpt2, whose q, k and v are rows of one tensor", async () => {
    const model = await read(tinyGpt2());
    expect(model.name).toBe("miniature");
    expect(model.config).toMatchObject({
      ...{ norm: "layernorm", normEps: 0.1, headDim: 1, positions: "learned" },
      ...{ feedForward: "gelu_tanh", attentionBias: true, tieWordEmbeddings: false },
    });
    const attention = (part: string) => numbers(model, `model.layers.0.self_attn.${part}`);
    expect(attention("q_proj.weight")).toEqual(upTo(21, 24));
    expect(attention("k_proj.weight")).toEqual(upTo(25, 28));
    expect(attention("v_proj.weight")).toEqual(upTo(29, 32));
    expect(attention("k_proj.bias")).toEqual(upTo(35, 36));
    expect(numbers(model, "lm_head.weight")).toEqual(upTo(70, 75));
  });

  test("its version, alignment, order and trailing extents of 1 do not matter", async () => {
    const model = await read(tinyLlama());
    const { values, tensors } = tinyLlama();
    const aligned = [...values, { key: "general.alignment", type: U32, bytes: u32(8) }];
    const flat = tensors.map((tensor) => ({ ...tensor, extents: [...tensor.extents, 1n] }));
    expectSameModel(await read({ ...tinyLlama(), version: 2 }), model);
    expectSameModel(await read({ ...tinyLlama(), values: aligned, alignment: 8 }), model);
    expectSameModel(await read({ ...tinyLlama(), tensors: tensors.toReversed() }), model);
    expectSameModel(await read({ ...tinyLlama(), tensors: flat }), model);
  });
});

describe("trained models in GGUF", () => {
  withModel("stories260K", (models) => {
    test("stories260K's logits are those of its llama2.c file, bit for bit", async () => {
      const gguf = await readGguf(join(models, "stories260K.gguf"));
      const llama2c = await readLlama2c(join(models, "stories260K.bin"));
      const inputs = await readFile(join(models, "golden-runc-greedy200-input-tokens.txt"), "utf8");
      const tokens = inputs.trim().split(/\s+/).map(Number);
      // Only this file has 2,048 positions and a separate head.
      expect(gguf.config).toEqual({
        ...llama2c.config,
        maxPositionEmbeddings: 2048,
        tieWordEmbeddings: false,
      });
      const [actual, expected] = await Promise.all(
        [gguf, llama2c].map(async ({ config, weights }) =>
          (await referenceDecoder(config, weights).start()).appendAll(tokens),
        ),
      );
      expect(actual.length).toBe(200);
      for (const [t, row] of actual.entries()) {
        expect(row.every((logit, v) => Object.is(logit, expected[t][v]))).toBe(true);
      }
    });
  });

  withModel("gpt-nano-sort", (models) => {
    test("gpt-nano-sort is the same model after a round trip through GGUF", async () => {
      const model = await readMinGpt(join(models, "gpt-nano-sort-model.json"));
      const path = join(folder, "sort.gguf");
      await writeGguf(path, model);
      expectSameModel(await readGguf(path), model);
    });
  });
});
