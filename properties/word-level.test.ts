import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { tinyWords } from "../src/model/named/tiny-words.ts";
import { readHuggingFaceTokenizer } from "../src/tokenizers/hugging-face.ts";
import { readWordLevel, wordLevelJson } from "../src/tokenizers/word-level.ts";
import { scratchFolder } from "./scratch.ts";

const folder = scratchFolder();

test("a tokenizer of whole words is read from its tokenizer.json", async () => {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "tokenizer.json"), JSON.stringify(wordLevelJson(tinyWords)));
  const tokenizer = await readHuggingFaceTokenizer(folder);
  expect(tokenizer.vocabSize).toBe(20);
  expect(tokenizer.encode("the cat  sat")).toEqual([0, 1, 3]);
  expect(tokenizer.decode([0, 1, 3])).toBe("the cat sat");
  expect(() => tokenizer.encode("the sofa")).toThrow('must be one of the 20 known, got "sofa"');
});

test("words with missing ids are refused", () => {
  const json = wordLevelJson(["a", "b"]);
  const model = { type: "WordLevel", vocab: { a: 0, b: 2 }, unk_token: "<unk>" };
  expect(() => readWordLevel({ ...json, model })).toThrow("the ids must be 0 to V - 1, once each");
  const twice = { ...model, vocab: { a: 1, b: 1 } };
  expect(() => readWordLevel({ ...json, model: twice })).toThrow("once each");
});

test("other tokenizers are read by the library", () => {
  const json = wordLevelJson(["a", "b"]);
  expect(readWordLevel({ ...json, normalizer: { type: "Lowercase" } })).toBeNull();
  expect(readWordLevel({ ...json, model: { type: "BPE" } })).toBeNull();
});
