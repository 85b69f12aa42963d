import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { writeGguf } from "../src/formats/gguf.ts";
import { writeHuggingFace } from "../src/formats/hugging-face.ts";
import { writeLlama2c } from "../src/formats/llama2c.ts";
import { loadModel } from "../src/formats/load.ts";
import { modelConfig } from "../src/model/config.ts";
import type { Model } from "../src/model/model.ts";
import { randomWeights } from "../src/model/weights.ts";
import { withModel } from "./models.ts";
import { expectClear } from "./refusals.ts";
import { expectSameModel } from "./same-model.ts";
import { scratchFolder } from "./scratch.ts";

const config = modelConfig({
  vocabSize: 259,
  hiddenSize: 4,
  intermediateSize: 3,
  numHiddenLayers: 1,
  numAttentionHeads: 2,
  maxPositionEmbeddings: 6,
  ropeLayout: "interleaved",
});
const model: Model = { name: "m", config, weights: randomWeights(config, 1) };

describe("loadModel", () => {
  const scratch = scratchFolder();

  test("recognises a format by its content, with any file name", async () => {
    const [bin, gguf, folder] = ["m.gguf", "m.bin", "m.json"].map((name) => join(scratch, name));
    await writeLlama2c(bin, model);
    await writeGguf(gguf, model);
    await writeHuggingFace(folder, model);
    for (const path of [bin, gguf, folder]) expectSameModel(await loadModel(path), model);
  });

  test("loads the tokenizer beside a llama2.c file, if it has the size of the model", async () => {
    const folder = join(scratch, "beside");
    await writeLlama2c(join(folder, "m.bin"), model);
    expect((await loadModel(join(folder, "m.bin"))).tokenizer).toBeUndefined();
    await writeFile(join(folder, "tokenizer.bin"), tokens(260));
    expect((await loadModel(join(folder, "m.bin"))).tokenizer).toBeUndefined();
    await writeFile(join(folder, "tok259.bin"), tokens(259));
    expect((await loadModel(join(folder, "m.bin"))).tokenizer?.vocabSize).toBe(259);
  });

  test("loads the tokenizer of a folder", async () => {
    const folder = join(scratch, "with-tokenizer");
    await writeHuggingFace(folder, model);
    const bpe = { type: "BPE", vocab: { a: 0, b: 1 }, merges: [] };
    const parts = ["normalizer", "pre_tokenizer", "post_processor", "decoder"];
    const json = { ...Object.fromEntries(parts.map((part) => [part, null])), added_tokens: [] };
    await writeFile(join(folder, "tokenizer.json"), JSON.stringify({ ...json, model: bpe }));
    const { tokenizer } = await loadModel(folder);
    expect(tokenizer?.encode("ba")).toEqual([1, 0]);
  });

  test("names the folder to use, given only the weights of it", async () => {
    const folder = join(scratch, "folder");
    await writeHuggingFace(folder, model);
    const path = join(folder, "model.safetensors");
    const message = `${path}: must be loaded by its folder, whose config.json it needs`;
    await expect(loadModel(path)).rejects.toThrow(message);
  });

  test.each(["", "G", "GGUF", "{", "[1]", "\0\0\0\0"])("refuses a file of %j", async (content) => {
    const path = join(scratch, "other");
    await writeFile(path, content);
    expectClear(await loadModel(path).catch((error: unknown) => error), path);
  });

  test("refuses a missing path, and an empty folder", async () => {
    const missing = join(scratch, "missing");
    await expect(loadModel(missing)).rejects.toThrow(missing);
    await mkdir(missing);
    await expect(loadModel(missing)).rejects.toThrow(join(missing, "config.json"));
  });

  withModel("stories260K", (folder) => {
    test("stories260K comes with its tokenizer", async () => {
      const loaded = await loadModel(join(folder, "stories260K.bin"));
      expect(loaded.tokenizer?.vocabSize).toBe(512);
    });

    test("stories260K is the same model in every format", async () => {
      const loaded = await loadModel(join(folder, "stories260K.bin"));
      const copies = { bin: writeLlama2c, gguf: writeGguf, folder: writeHuggingFace };
      for (const [name, write] of Object.entries(copies)) {
        const path = join(scratch, `stories.${name}`);
        await write(path, loaded);
        expectSameModel(await loadModel(path), loaded);
      }
    });

    test("stories260K, written again, is the same file up to RoPE's tables", async () => {
      const original = join(folder, "stories260K.bin");
      const copy = join(scratch, "copy.bin");
      await writeLlama2c(copy, await loadModel(original));
      const [a, b] = await Promise.all([readFile(original), readFile(copy)]);
      const tables = a.length - 4 * 512 * 8; // [P, H / 2] cosines and as many sines, at the end
      expect(b.subarray(0, tables).equals(a.subarray(0, tables))).toBe(true);
      for (let at = tables; at < a.length; at += 4) {
        expect(Math.abs(b.readFloatLE(at) - a.readFloatLE(at))).toBeLessThan(1e-4);
      }
      expect(b.length).toBe(a.length);
    });
  });

  withModel("gpt-nano-sort", (folder) => {
    test("gpt-nano-sort is minGPT's JSON", async () => {
      const { config } = await loadModel(join(folder, "gpt-nano-sort-model.json"));
      expect(config.vocabSize).toBe(3);
    });
  });
});

/** Returns a tokenizer file with this number of empty tokens. */
function tokens(count: number): Uint8Array {
  return new Uint8Array(4 + 8 * count);
}
