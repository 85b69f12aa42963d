/**
 * Hugging Face transformers on PyTorch, an independent engine, tested if it is installed:
 * `CAUSALGATE_PYTHON` names a Python with torch and transformers.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { NotOffered } from "../src/decoder.ts";
import { forward } from "../src/definition.ts";
import { transformersDecoder, transformersVersions } from "../src/engines/transformers.ts";
import { readLlama2c } from "../src/formats/llama2c.ts";
import { readMinGpt } from "../src/formats/mingpt.ts";
import { generate } from "../src/generation/generate.ts";
import { lawById } from "../src/laws/index.ts";
import { modelConfig } from "../src/model/config.ts";
import { randomWeights } from "../src/model/weights.ts";
import { transformers, transformersFloat64 } from "../src/subjects/transformers.ts";
import { largestError } from "../src/tolerance/compare.ts";
import { runLaw } from "../src/verify/run-law.ts";
import { withModel } from "./models.ts";
import { expectKept, seed } from "./support.ts";

const python = process.env.CAUSALGATE_PYTHON;
const missing =
  python === undefined
    ? "CAUSALGATE_PYTHON"
    : await transformersVersions().then(
        () => null,
        (error: Error) => error.message,
      );

const sizes = {
  vocabSize: 29,
  hiddenSize: 18,
  intermediateSize: 22,
  numHiddenLayers: 2,
  numAttentionHeads: 6,
  numKeyValueHeads: 3,
  headDim: 8,
  maxPositionEmbeddings: 27,
};

if (missing !== null) {
  test(`transformers is tested (not available: ${missing})`, () => {});
} else {
  describe.for([transformers, transformersFloat64])("$name", (subject) => {
    test.for([
      "definition-equality",
      "history-invariance",
      "window-receptive-field",
      "position-shift",
    ])("keeps %s", async (id, { task }) => {
      const verdict = await runLaw(lawById(id), subject, { seed, runs: 15 });
      task.meta.cases = verdict.cases;
      expectKept(verdict);
    });
  });

  test("a rewind beyond a window gives what a new sequence gives", async () => {
    const config = modelConfig({ ...sizes, slidingWindow: 3 });
    const model = { name: "windowed", config, weights: randomWeights(config, 1, 2) };
    await using decoder = transformersDecoder(model, { dtype: "float64" });
    await using sequence = await decoder.start();
    await sequence.append([3, 1, 4, 1, 5, 9, 2, 6]);
    await sequence.rewind(2);
    const rows = await sequence.appendAll([7, 8]);
    const expected = forward(config, model.weights, [3, 1, 7, 8]).slice(2);
    expect(largestError(rows, expected)).toBeLessThan(1e-12);
  });

  test("a configuration that transformers does not support is not offered", async () => {
    const config = modelConfig({ ...sizes, positions: "sinusoidal" });
    const model = { name: "sinusoidal", config, weights: randomWeights(config, 1) };
    const decoder = transformersDecoder(model, { dtype: "float32" });
    await expect(decoder.start()).rejects.toThrow(NotOffered);
  });

  withModel("stories260K", (folder) => {
    test("stories260K: 200 greedy tokens are run.c's", async () => {
      const model = await readLlama2c(join(folder, "stories260K.bin"));
      const inputs = await readFile(join(folder, "golden-runc-greedy200-input-tokens.txt"), "utf8");
      const [first, ...rest] = inputs.trim().split(/\s+/).map(Number);
      await using decoder = transformersDecoder(model, { dtype: "float32" });
      const greedily = { temperature: 0, maxNewTokens: rest.length };
      expect((await generate(decoder, [first], greedily)).newTokens).toEqual(rest);
    });
  });

  withModel("gpt-nano-sort", (folder) => {
    test("gpt-nano-sort sorts", async () => {
      const model = await readMinGpt(join(folder, "gpt-nano-sort-model.json"));
      await using decoder = transformersDecoder(model, { dtype: "float32" });
      for (const letters of [
        [2, 0, 1, 0, 2, 1],
        [1, 1, 1, 1, 1, 0],
      ]) {
        const { newTokens } = await generate(decoder, letters, { temperature: 0, maxNewTokens: 6 });
        expect(newTokens).toEqual(letters.toSorted());
      }
    });
  });
}
