/**
 * ONNX Runtime, an independent engine, on graphs written here: it keeps the laws and agrees with
 * the definition, and wrong graphs are detected.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { forward } from "../src/definition.ts";
import { onnxRuntimeCapabilities, onnxRuntimeDecoder } from "../src/engines/onnxruntime.ts";
import { readLlama2c } from "../src/formats/llama2c.ts";
import { readMinGpt } from "../src/formats/mingpt.ts";
import { definitionEquality } from "../src/laws/definition-equality.ts";
import { laws } from "../src/laws/index.ts";
import { missingNeeds } from "../src/laws/law.ts";
import { changedModel } from "../src/laws/support/changed-model.ts";
import { modelConfig } from "../src/model/config.ts";
import { targetsOf, withLora } from "../src/model/lora.ts";
import type { Model } from "../src/model/model.ts";
import { randomWeights } from "../src/model/weights.ts";
import { greedy } from "../src/sampling/greedy.ts";
import { defineSubject } from "../src/subjects/define-subject.ts";
import { onnxRuntime, onnxRuntimeFloat64 } from "../src/subjects/onnxruntime.ts";
import { largestError } from "../src/tolerance/compare.ts";
import { runLaw } from "../src/verify/run-law.ts";
import { withModel } from "./models.ts";
import { expectKept, seed } from "./support.ts";

/** Few, because every case loads a graph, which takes tens of milliseconds. */
const runs = { golden: 500, other: 15 };

const widths = ["float32", "float64"] as const;

describe.for([onnxRuntime, onnxRuntimeFloat64])("$name", (subject) => {
  const offered = laws.filter((law) => missingNeeds(law, subject).length === 0);

  test.for(offered)("$id", async (law, { task }) => {
    const cases = law === definitionEquality ? runs.golden : runs.other;
    const verdict = await runLaw(law, subject, { seed, runs: cases });
    task.meta.cases = verdict.cases;
    expectKept(verdict);
  });
});

describe("a wrong graph is detected:", () => {
  const otherConfig = (change: Partial<Model["config"]>) => (model: Model) => ({
    ...model,
    config: { ...model.config, ...change },
  });
  test.for<[bug: string, only: Partial<Model["config"]>, plant: (model: Model) => Model]>([
    [
      "scores scaled by 1 / H",
      { qkNorm: false },
      (model) =>
        changedModel(model, {}, (name, data) => {
          if (!name.includes(".q_proj.")) return;
          for (const i of data.keys()) data[i] /= Math.sqrt(model.config.headDim);
        }),
    ],
    [
      "RoPE pairs of the other layout",
      { positions: "rope", ropeLayout: "half-split", partialRotaryFactor: 1 },
      otherConfig({ ropeLayout: "interleaved" }),
    ],
    ["a window one token too wide", { slidingWindow: 2 }, otherConfig({ slidingWindow: 3 })],
    ["GELU by its tanh", { feedForward: "gelu" }, otherConfig({ feedForward: "gelu_tanh" })],
  ])("%s", async ([name, only, plant], { task }) => {
    const subject = defineSubject({
      name,
      build: (model) => onnxRuntimeDecoder(plant(model), { dtype: "float64" }),
      only,
      capabilities: onnxRuntimeCapabilities,
      arithmetic: "independent-float64",
    });
    const verdict = await runLaw(definitionEquality, subject, { seed, runs: 100 });
    task.meta.cases = verdict.cases;
    expect(verdict.status).toBe("broken");
  });
});

const config = modelConfig({
  vocabSize: 11,
  hiddenSize: 6,
  intermediateSize: 10,
  numHiddenLayers: 2,
  numAttentionHeads: 4,
  numKeyValueHeads: 2,
  headDim: 4,
  maxPositionEmbeddings: 9,
});
const tokens = [3, 1, 4, 1, 5, 9, 2, 6, 5];

test("adapters are computed with their layers", async () => {
  const lora = { rank: 2, alpha: 3, targets: targetsOf(config) };
  const weights = withLora(config, randomWeights(config, 1), lora, 2);
  for (const { name, data } of weights.tensors) {
    if (name.endsWith("lora_B.weight")) for (const i of data.keys()) data[i] = (i % 5) - 2;
  }
  const model = { name: "adapted", config, weights };
  await using decoder = onnxRuntimeDecoder(model, { dtype: "float64" });
  await using sequence = await decoder.start();
  const expected = forward(config, weights, tokens);
  expect(largestError(await sequence.appendAll(tokens), expected)).toBeLessThan(1e-12);
});

test("a decoder that was disposed of loads its graph again", async () => {
  const model = { name: "small", config, weights: randomWeights(config, 1) };
  const decoder = onnxRuntimeDecoder(model, { dtype: "float32" });
  const before = await (await decoder.start()).append(tokens);
  await decoder[Symbol.asyncDispose]();
  expect(await (await decoder.start()).append(tokens)).toEqual(before);
  await decoder[Symbol.asyncDispose]();
});

describe.for(widths)("trained models in %s", (dtype) => {
  /** Returns the greedy continuation. */
  const continued = async (model: Model, prompt: readonly number[], count: number) => {
    await using decoder = onnxRuntimeDecoder(model, { dtype });
    await using sequence = await decoder.start();
    const chosen: number[] = [];
    for (let next = prompt; chosen.length < count; next = chosen.slice(-1)) {
      chosen.push(greedy(await sequence.append(next)));
    }
    return chosen;
  };

  withModel("stories260K", (folder) => {
    test("stories260K: 200 greedy tokens are run.c's", async () => {
      const model = await readLlama2c(join(folder, "stories260K.bin"));
      const inputs = await readFile(join(folder, "golden-runc-greedy200-input-tokens.txt"), "utf8");
      const [first, ...rest] = inputs.trim().split(/\s+/).map(Number);
      expect(await continued(model, [first], rest.length)).toEqual(rest);
      expect(rest.length).toBe(199);
    });
  });

  withModel("gpt-nano-sort", (folder) => {
    test("gpt-nano-sort sorts", async () => {
      const model = await readMinGpt(join(folder, "gpt-nano-sort-model.json"));
      for (const letters of [
        [2, 0, 1, 0, 2, 1],
        [1, 1, 1, 1, 1, 0],
        [2, 2, 2, 2, 2, 2],
      ]) {
        expect(await continued(model, letters, 6)).toEqual(letters.toSorted());
      }
    });
  });
});
