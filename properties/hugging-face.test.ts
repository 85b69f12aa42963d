import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readHuggingFace, writeHuggingFace } from "../src/formats/hugging-face.ts";
import { toHalfSplit } from "../src/formats/rope-order.ts";
import { readSafetensors, writeSafetensors } from "../src/formats/safetensors.ts";
import { modelConfig } from "../src/model/config.ts";
import type { Model } from "../src/model/model.ts";
import { buildWeights, randomWeights, type Tensor } from "../src/model/weights.ts";
import { damagedCopies, damagedJson } from "./damage.ts";
import { families } from "./families.ts";
import { expectClear, expectModelOrRefusal } from "./refusals.ts";
import { expectCloseLogits, expectSameModel, logitsOf, modelsOf } from "./same-model.ts";
import { scratchFolder } from "./scratch.ts";
import { property } from "./support.ts";

const scratch = scratchFolder();

const sizes = {
  vocabSize: 5,
  hiddenSize: 4,
  intermediateSize: 3,
  numHiddenLayers: 2,
  numAttentionHeads: 2,
  maxPositionEmbeddings: 6,
};
const llama = modelConfig({ ...sizes, numKeyValueHeads: 1, ropeLayout: "interleaved" });
const gpt2 = modelConfig({
  ...sizes,
  norm: "layernorm",
  positions: "learned",
  feedForward: "gelu_tanh",
  attentionBias: true,
  attentionOutputBias: true,
  mlpBias: true,
  tieWordEmbeddings: true,
});

/** The two files of a small Llama, for damage. */
const whole = await (async () => {
  const folder = join(scratch, "whole");
  await writeHuggingFace(folder, { name: "", config: llama, weights: randomWeights(llama, 5) });
  const json = await readFile(join(folder, "config.json"), "utf8");
  return { json, bytes: await readFile(join(folder, "model.safetensors")) };
})();

describe("Hugging Face", () => {
  let count = 0;
  const fresh = () => join(scratch, String(count++));
  const write = async (config: Model["config"]) => {
    const folder = fresh();
    const model = { name: "", config, weights: randomWeights(config, 3) };
    await writeHuggingFace(folder, model);
    return { folder, model };
  };
  const stored = (folder: string) => readSafetensors(join(folder, "model.safetensors"));
  const store = (folder: string, tensors: Tensor[]) =>
    writeSafetensors(join(folder, "model.safetensors"), tensors);

  for (const [type, bend] of Object.entries(families)) {
    property(`reads a written ${type} bit for bit`, modelsOf(bend), async (model) => {
      const folder = join(scratch, type);
      await writeHuggingFace(folder, model);
      const read = await readHuggingFace(folder);
      expectSameModel(read, model);
      expect(read.name).toBe(type);
      const { model_type } = JSON.parse(await readFile(join(folder, "config.json"), "utf8"));
      expect(model_type).toBe(type);
    });
  }

  property(
    "other readers see an interleaved model as half-split, with the same logits",
    modelsOf((config) => ({ ...families.llama(config), ropeLayout: "interleaved" })).map(
      (model) => ({ ...model, weights: randomWeights(model.config, 7) }),
    ),
    async (model) => {
      const folder = join(scratch, "others");
      await writeHuggingFace(folder, model);
      const path = join(folder, "config.json");
      const { causalgate, ...words } = JSON.parse(await readFile(path, "utf8"));
      expect(causalgate).toEqual({ rope_layout: "interleaved" });
      await writeFile(path, JSON.stringify(words));
      const read = await readHuggingFace(folder);
      expect(read.config.ropeLayout).toBe("half-split");
      expectCloseLogits(await logitsOf(read), await logitsOf(model));
    },
    30,
  );

  test("worked example: GPT-2 stores [in, out], with q, k and v side by side", async () => {
    const { folder, model } = await write(gpt2);
    const tensors = new Map((await stored(folder)).map((tensor) => [tensor.name, tensor]));
    const linear = (name: string) => [`${name}.bias`, `${name}.weight`];
    expect([...tensors.keys()].filter((name) => !name.startsWith("h.1."))).toEqual([
      ...["attn.c_attn", "attn.c_proj", "ln_1", "ln_2", "mlp.c_fc", "mlp.c_proj"].flatMap((name) =>
        linear(`h.0.${name}`),
      ),
      ...linear("ln_f"),
      "wpe.weight",
      "wte.weight",
    ]);
    const { shape, data } = tensors.get("h.1.attn.c_attn.weight")!;
    const { qProj, kProj, vProj, upProj } = model.weights.layers[1];
    expect(shape).toEqual([4, 12]);
    for (const [i, o] of [
      [0, 0],
      [1, 3],
      [3, 2],
    ]) {
      expect(data[12 * i + o]).toBe(qProj.weight[4 * o + i]);
      expect(data[12 * i + 4 + o]).toBe(kProj.weight[4 * o + i]);
      expect(data[12 * i + 8 + o]).toBe(vProj.weight[4 * o + i]);
    }
    const bias = tensors.get("h.1.attn.c_attn.bias")!.data;
    expect([...bias]).toEqual([...qProj.bias!, ...kProj.bias!, ...vProj.bias!]);
    expect(tensors.get("h.1.mlp.c_fc.weight")!.shape).toEqual([4, 3]);
    expect(tensors.get("h.1.mlp.c_fc.weight")!.data[1]).toBe(upProj.weight[4]);
  });

  test("reads GPT-2 with the prefix, masks and copied head of older checkpoints", async () => {
    const { folder, model } = await write(gpt2);
    const tensors = (await stored(folder)).map((tensor) => ({
      ...tensor,
      name: `transformer.${tensor.name}`,
    }));
    const mask = { name: "transformer.h.1.attn.bias", shape: [1], data: Float64Array.of(1) };
    const copy = { name: "lm_head.weight", shape: [5, 4], data: model.weights.embedTokens };
    await store(folder, [...tensors, mask, copy]);
    expectSameModel(await readHuggingFace(folder), model);
    const other = copy.data.with(7, 1);
    await store(folder, [...tensors, { ...copy, data: other }]);
    const path = join(folder, "model.safetensors");
    const message = `${path}: lm_head.weight: must equal what it is tied to`;
    await expect(readHuggingFace(folder)).rejects.toThrow(message);
  });

  test("reads a model with tensors in several files", async () => {
    const { folder, model } = await write(llama);
    const tensors = await stored(folder);
    await rm(join(folder, "model.safetensors"));
    const map: Record<string, string> = {};
    for (const [part, list] of [tensors.slice(0, 5), tensors.slice(5)].entries()) {
      const file = `model-${part + 1}-of-2.safetensors`;
      await writeSafetensors(join(folder, file), list);
      for (const { name } of list) map[name] = file;
    }
    const index = join(folder, "model.safetensors.index.json");
    await writeFile(index, JSON.stringify({ metadata: {}, weight_map: map }));
    expectSameModel(await readHuggingFace(folder), model);
    await writeSafetensors(join(folder, "model-2-of-2.safetensors"), tensors.slice(4));
    await expect(readHuggingFace(folder)).rejects.toThrow(": must be stored once, got ");
    await writeFile(index, JSON.stringify({ weight_map: { x: "../model-1-of-2.safetensors" } }));
    await expect(readHuggingFace(folder)).rejects.toThrow("a file must be a name in this folder");
    await writeFile(index, "{}");
    await expect(readHuggingFace(folder)).rejects.toThrow("weight_map must name files");
    await rm(index);
    await expect(readHuggingFace(folder)).rejects.toThrow(`${folder}: must hold model.safetensors`);
  });

  const q = "model.layers.1.self_attn.q_proj.weight";
  const refusals: [string, (tensors: Tensor[]) => Tensor[], string][] = [
    [
      "a missing tensor",
      (all) => all.filter(({ name }) => name !== q),
      `must hold the tensor ${q}, [4,4], got none`,
    ],
    [
      "a transposed tensor",
      (all) => all.map((x) => (x.name.endsWith("gate_proj.weight") ? { ...x, shape: [4, 3] } : x)),
      "mlp.gate_proj.weight: must be [3,4], got [4,3]",
    ],
    [
      "a tensor too many",
      (all) => [...all, { name: "model.layers.2.x", shape: [1], data: new Float64Array(1) }],
      "model.layers.2.x: must be a tensor of this configuration, got [1]",
    ],
    ["no tensors", () => [], "must hold 2 layers, got 0 tensors"],
  ];
  test.each(refusals)("refuses %s", async (_, damage, message) => {
    const { folder } = await write(llama);
    await store(folder, damage(await stored(folder)));
    const error = await readHuggingFace(folder).catch((reason: unknown) => reason);
    expectClear(error, folder);
    expect((error as Error).message).toContain(message);
  });

  test("refuses an unknown note", async () => {
    const { folder } = await write(llama);
    const path = join(folder, "config.json");
    const words = JSON.parse(await readFile(path, "utf8"));
    await writeFile(path, JSON.stringify({ ...words, causalgate: { rope_layout: "other" } }));
    const message = `${path}: causalgate.rope_layout must be interleaved, got other`;
    await expect(readHuggingFace(folder)).rejects.toThrow(message);
  });

  test("writes nothing of an unsupported model", async () => {
    const folder = fresh();
    const config = modelConfig({ ...llama, finalNorm: false });
    const model = { name: "", config, weights: randomWeights(config, 1) };
    await expect(writeHuggingFace(folder, model)).rejects.toThrow("config.finalNorm must be true");
    await expect(readFile(join(folder, "config.json"))).rejects.toThrow("ENOENT");
  });

  test("writes nothing of a model with adapters, and does not reorder them", async () => {
    const folder = fresh();
    const lora = { rank: 1, alpha: 1, targets: ["q_proj" as const] };
    const source = (_: string, [rows, width = 1]: readonly number[]) =>
      new Float64Array(rows * width);
    const model = { name: "", config: llama, weights: buildWeights(llama, source, lora) };
    await expect(writeHuggingFace(folder, model)).rejects.toThrow("must have no adapters");
    expect(() => toHalfSplit(model)).toThrow("must have no adapters");
    await expect(readFile(join(folder, "config.json"))).rejects.toThrow("ENOENT");
  });

  test("a number that is not a float32 makes the file float64", async () => {
    const { folder, model } = await write(llama);
    model.weights.embedTokens[3] = 0.1;
    await writeHuggingFace(folder, model);
    expectSameModel(await readHuggingFace(folder), model);
    const { torch_dtype } = JSON.parse(await readFile(join(folder, "config.json"), "utf8"));
    expect(torch_dtype).toBe("float64");
  });

  const damaged = fc.oneof(
    damagedJson(whole.json).map((json) => ({ ...whole, json })),
    damagedCopies(whole.bytes, 900).map((bytes) => ({ ...whole, bytes })),
  );
  property(
    "a damaged folder is refused by name, or read as a complete model",
    damaged,
    async ({ json, bytes }) => {
      const folder = join(scratch, "damaged");
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, "config.json"), json);
      await writeFile(join(folder, "model.safetensors"), bytes);
      await expectModelOrRefusal(folder, () => readHuggingFace(folder));
    },
    500,
  );
});
