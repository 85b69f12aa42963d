import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { models } from "../src/arbitraries/models.ts";
import { peftBase, readPeft, writePeft } from "../src/formats/peft.ts";
import { readSafetensors, writeSafetensors } from "../src/formats/safetensors.ts";
import { normal, seededRandom } from "../src/math/random.ts";
import { targetsOf, withLora } from "../src/model/lora.ts";
import { namedModel } from "../src/model/named/registry.ts";
import { initWeights, type Weights } from "../src/model/weights.ts";
import { scratchFolder } from "./scratch.ts";
import { property } from "./support.ts";

const folder = scratchFolder();
const configPath = join(folder, "adapter_config.json");
const tensorsPath = join(folder, "adapter_model.safetensors");

/** Fills every B with numbers, as training would. */
function trained(weights: Weights): Weights {
  const random = seededRandom(9);
  for (const { name, data } of weights.tensors) {
    if (name.endsWith(".lora_B.weight")) data.set(data.map(() => normal(random)));
  }
  return weights;
}

const tiny = namedModel("tiny").config;
const base = { name: "tiny", config: tiny, weights: initWeights(tiny, 1) };
const lora = { rank: 2, alpha: 3, targets: ["q_proj", "up_proj"] as const };

describe("adapters in PEFT's format", () => {
  property(
    "are read unchanged, on the memory of the base",
    fc.tuple(models(), fc.integer({ min: 1, max: 3 }), fc.nat()),
    async ([model, rank, pick]) => {
      const possible = targetsOf(model.config);
      const targets = [possible[pick % possible.length]];
      const weights = trained(
        withLora(model.config, model.weights, { rank, alpha: 2, targets }, 4),
      );
      await writePeft(folder, { ...model, weights }, "base");
      const { weights: read } = await readPeft(folder, model);
      expect(read.lora).toEqual(weights.lora);
      for (const [i, { name, data }] of read.tensors.entries()) {
        expect(name).toBe(weights.tensors[i].name);
        if (name.includes(".lora_")) expect(data).toEqual(weights.tensors[i].data);
        else expect(data).toBe(weights.tensors[i].data);
      }
    },
    40,
  );

  test("have PEFT's names, and the name of their base", async () => {
    await writePeft(folder, { ...base, weights: withLora(tiny, base.weights, lora, 4) }, "a base");
    expect(await peftBase(folder)).toBe("a base");
    const words = JSON.parse(await readFile(configPath, "utf8"));
    expect(words).toMatchObject({ peft_type: "LORA", r: 2, lora_alpha: 3, bias: "none" });
    const [first] = await readSafetensors(tensorsPath);
    const layer = "base_model.model.model.layers.0.mlp.up_proj";
    expect(first).toMatchObject({ name: `${layer}.lora_A.weight`, shape: [2, 64] });
  });

  test("are not written for a model without adapters", async () => {
    const message = "tiny: the weights must have adapters, got none";
    await expect(writePeft(folder, base, "a base")).rejects.toThrow(new RangeError(message));
  });
});

describe("adapters are refused", () => {
  beforeEach(async () => {
    await writePeft(folder, { ...base, weights: withLora(tiny, base.weights, lora, 4) }, "a base");
  });

  test.for<[change: Record<string, unknown>, message: string]>([
    [{ peft_type: "IA3" }, "peft_type must be LORA, got IA3"],
    [{ bias: "all" }, "bias must be none, got all"],
    [{ use_dora: true }, "use_dora must be absent, got true"],
    [{ rank_pattern: { q_proj: 4 } }, 'rank_pattern must be absent, got {"q_proj":4}'],
    [{ r: "2" }, "r and lora_alpha must be numbers, got 2 and 3"],
    [{ target_modules: ["c_attn"] }, "lm_head, got c_attn"],
    [{ target_modules: "all-linear" }, 'lm_head, got "all-linear"'],
  ])("with %j", async ([change, message]) => {
    const words = JSON.parse(await readFile(configPath, "utf8"));
    await writeFile(configPath, JSON.stringify({ ...words, ...change }));
    const read = readPeft(folder, base);
    await expect(read).rejects.toThrow(configPath);
    await expect(read).rejects.toThrow(message);
  });

  test("if a tensor is missing, of another shape, or of no target", async () => {
    const tensors = await readSafetensors(tensorsPath);
    const [first, ...others] = tensors;
    const where = `${tensorsPath}: ${first.name}`;
    await writeSafetensors(tensorsPath, others);
    await expect(readPeft(folder, base)).rejects.toThrow(`${where}: must be [2,64], got none`);
    await writeSafetensors(tensorsPath, [{ ...first, shape: [64, 2] }, ...others]);
    await expect(readPeft(folder, base)).rejects.toThrow(`${where}: must be [2,64], got [64,2]`);
    await writeSafetensors(tensorsPath, [...tensors, { ...first, name: "more" }]);
    await expect(readPeft(folder, base)).rejects.toThrow(
      `${tensorsPath}: more: must be of a target module, got [2,64]`,
    );
  });
});
