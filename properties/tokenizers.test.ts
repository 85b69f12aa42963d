import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { byteTokenizer } from "../src/tokenizers/bytes.ts";
import { readHuggingFaceTokenizer } from "../src/tokenizers/hugging-face.ts";
import { readLlama2cTokenizer } from "../src/tokenizers/llama2c-bpe.ts";
import type { Tokenizer } from "../src/tokenizers/tokenizer.ts";
import { wordTokenizer } from "../src/tokenizers/words.ts";
import { damagedCopies } from "./damage.ts";
import { expectClear } from "./refusals.ts";
import { scratchFolder } from "./scratch.ts";
import { property } from "./support.ts";

const scratch = scratchFolder();
const text = fc
  .oneof(
    fc.string({ unit: "grapheme", maxLength: 40 }),
    fc.array(fc.constantFrom(" ", "a", "b", "ab", "\n", "é", "🙂", "\uFFFD", "<s>"), {
      maxLength: 12,
    }),
  )
  .map((parts) => (typeof parts === "string" ? parts : parts.join("")));

/** Tests of any tokenizer that represents every text. */
function keepsTexts(tokenizer: () => Tokenizer, texts = text): void {
  property("decodes an encoded text to the same text", texts, (written) => {
    expect(tokenizer().decode(tokenizer().encode(written))).toBe(written);
  });

  property("streams the same text, and never part of a character", texts, (written) => {
    const { encode, decoder } = bind(tokenizer());
    const decode = decoder();
    const pieces = [...encode(written).map((token) => decode(token)), decode()];
    expect(pieces.join("")).toBe(written);
    if (!written.includes("\uFFFD")) expect(pieces.join("|")).not.toContain("\uFFFD");
  });

  property("gives ids of its vocabulary", texts, (written) => {
    for (const token of tokenizer().encode(written)) {
      expect(Number.isInteger(token) && token >= 0 && token < tokenizer().vocabSize).toBe(true);
    }
  });

  test.each([-1, 0.5, Number.NaN, 1e9])("refuses the id %d", (token) => {
    const { vocabSize } = tokenizer();
    const message = `decode: a token id must be an integer in [0, ${vocabSize}), got ${token}`;
    expect(() => tokenizer().decode([token])).toThrow(message);
    expect(() => tokenizer().decoder()(token)).toThrow(message);
  });
}

function bind(tokenizer: Tokenizer) {
  return {
    encode: (written: string) => tokenizer.encode(written),
    decoder: () => tokenizer.decoder(),
  };
}

describe("bytes", () => {
  keepsTexts(() => byteTokenizer);

  test("worked example", () => {
    expect(byteTokenizer.encode("aé")).toEqual([0x61, 0xc3, 0xa9]);
    expect(byteTokenizer.decode([0x61, 0xc3])).toBe("a\uFFFD");
  });
});

describe("words", () => {
  const words = ["Hello", "I'm", "Jenna", "."];
  const tokenizer = wordTokenizer(words);
  const sentences = fc.array(fc.constantFrom(...words)).map((list) => list.join(" "));
  keepsTexts(() => tokenizer, sentences);

  test("worked example", () => {
    expect(tokenizer.encode("  Hello I'm\nJenna ")).toEqual([0, 1, 2]);
    expect(tokenizer.decode([0, 1, 2])).toBe("Hello I'm Jenna");
    expect(tokenizer.encode("")).toEqual([]);
  });

  test("refuses an unknown word", () => {
    const message = 'encode: a word must be one of the 4 known, got "hello"';
    expect(() => tokenizer.encode("hello Jenna")).toThrow(message);
    expect(() => tokenizer.encode("constructor")).toThrow('got "constructor"');
  });

  test.each([
    [["a", "b", "a"], '"a" at 0'],
    [["a", ""], '"" at 1'],
    [["a b"], '"a b" at 0'],
  ])("refuses the list %j", (list, got) => {
    const message = `words: each must be one word and be there once, got ${got}`;
    expect(() => wordTokenizer(list as string[])).toThrow(message);
  });
});

/** A file of llama2.c: three special tokens, 256 bytes, then `pieces` from id 259 on. */
function llama2cFile(pieces: readonly (readonly [bytes: string, score: number])[]): Uint8Array {
  const hex = (byte: number) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;
  const special = ["<unk>", "\n<s>\n", "\n</s>\n"];
  const bytes = Array.from({ length: 256 }, (_, byte) => hex(byte));
  const plain = [...special, ...bytes].map((piece) => [piece, 0] as const);
  const tokens = [...plain, ...pieces].map(([piece, score]) => {
    const body = Buffer.from(piece);
    const head = Buffer.alloc(8);
    head.writeFloatLE(score);
    head.writeInt32LE(body.length, 4);
    return Buffer.concat([head, body]);
  });
  return Buffer.concat([Buffer.from(Int32Array.of(6).buffer), ...tokens]);
}

describe("llama2.c's byte pairs", () => {
  const pieces = [" ", "a", "b", "c", "ab", "bc", " a", "abc", "aa"];
  const scores = [-10, -11, -12, -13, -2, -1, -3, -4, -5];
  const whole = llama2cFile(pieces.map((piece, i) => [piece, scores[i]]));
  const path = join(scratch, "tok.bin");
  let tokenizer: Tokenizer;
  beforeAll(async () => {
    await writeFile(path, whole);
    tokenizer = await readLlama2cTokenizer(path);
  });
  keepsTexts(() => tokenizer);

  const id = (piece: string) => 259 + pieces.indexOf(piece);
  test.each([
    ["", [1]],
    // b c is merged before a b, whose score is lower, then a bc.
    ["babc", [1, id(" "), id("b"), id("abc")]],
    ["abc", [1, id(" a"), id("bc")]],
    ["a", [1, id(" a")]],
    ["ab", [1, id(" "), id("ab")]],
    // Characters outside the vocabulary are bytes, with ids of 3 plus their values.
    ["é", [1, id(" "), 0xc3 + 3, 0xa9 + 3]],
    // Of equal scores the leftmost pair is merged first.
    ["baaa", [1, id(" "), id("b"), id("aa"), id("a")]],
  ])("worked example: %j", (written, tokens) => {
    expect(tokenizer.encode(written)).toEqual(tokens);
    expect(tokenizer.decode(tokens)).toBe(written);
  });

  test("omits only the space after BOS", () => {
    expect(tokenizer.decode([1, id(" a"), id(" a")])).toBe("a a");
    expect(tokenizer.decode([id(" a")])).toBe(" a");
    expect(tokenizer.decode([1, id("a"), 2])).toBe("a");
  });

  test.each([
    [whole.subarray(0, 259), "must be whole, got the end of the file"],
    [llama2cFile([]).subarray(0, 4), "must hold at least 259 tokens, got 0"],
    [Buffer.concat([whole, Buffer.alloc(8, 255)]), "the score of token 268 must be a number"],
    [
      Buffer.concat([whole, Buffer.from([0, 0, 0, 0, 9, 0, 0, 0])]),
      "the length of token 268 must be in [0, 0], got 9",
    ],
  ])("refuses a damaged file %#", async (bytes, message) => {
    const damaged = join(scratch, "damaged.bin");
    await writeFile(damaged, bytes);
    await expect(readLlama2cTokenizer(damaged)).rejects.toThrow(`${damaged}: `);
    await expect(readLlama2cTokenizer(damaged)).rejects.toThrow(message);
  });

  property(
    "a damaged file is refused by name, or is a tokenizer",
    damagedCopies(whole, whole.length),
    async (bytes) => {
      const damaged = join(scratch, "damaged.bin");
      await writeFile(damaged, bytes);
      try {
        const read = await readLlama2cTokenizer(damaged);
        read.decode(read.encode("abc é"));
      } catch (error) {
        expectClear(error, damaged);
      }
    },
    200,
  );
});

/** The characters of bytes in byte-level BPE: unchanged if printable, else from 256. */
function byteCharacters(): string[] {
  const printable = (byte: number) =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let next = 256;
  return Array.from({ length: 256 }, (_, b) => String.fromCodePoint(printable(b) ? b : next++));
}

describe("Hugging Face's tokenizer.json", () => {
  const special = (id: number, content: string) => ({ id, content, special: true });
  const pieces = ["[BOS]", "[EOS]", ...byteCharacters(), "ab", "Ġa", "Ġab"];
  const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true };
  const json = {
    version: "1.0",
    added_tokens: [special(0, "[BOS]"), special(1, "[EOS]")],
    normalizer: null,
    pre_tokenizer: { ...byteLevel, use_regex: true },
    post_processor: {
      type: "TemplateProcessing",
      single: [
        { SpecialToken: { id: "[BOS]", type_id: 0 } },
        { Sequence: { id: "A", type_id: 0 } },
      ],
      pair: [],
      special_tokens: { "[BOS]": { id: "[BOS]", ids: [0], tokens: ["[BOS]"] } },
    },
    decoder: byteLevel,
    model: {
      type: "BPE",
      vocab: Object.fromEntries(pieces.map((piece, id) => [piece, id])),
      merges: ["a b", "Ġ a", "Ġ ab"],
    },
  };
  const folder = join(scratch, "hugging-face");
  let tokenizer: Tokenizer;
  beforeAll(async () => {
    await mkdir(folder, { recursive: true });
    const config = { bos_token: "[BOS]", eos_token: { content: "[EOS]" } };
    await writeFile(join(folder, "tokenizer.json"), JSON.stringify(json));
    await writeFile(join(folder, "tokenizer_config.json"), JSON.stringify(config));
    tokenizer = await readHuggingFaceTokenizer(folder);
  });
  keepsTexts(() => tokenizer);

  test("worked example", () => {
    expect(tokenizer.vocabSize).toBe(261);
    expect([tokenizer.bosTokenId, tokenizer.eosTokenId]).toEqual([0, 1]);
    const [c3, a9] = [2 + 0xc3, 2 + 0xa9];
    expect(tokenizer.encode("ab abé")).toEqual([0, 258, 260, c3, a9]);
    expect(tokenizer.decode([0, 258, 260, c3, a9, 1])).toBe("ab abé");
  });

  test("streams the space after a special token, although the first token of a text has none", async () => {
    const metaspace = { type: "Metaspace", replacement: "▁", prepend_scheme: "always" };
    const vocab = { "[BOS]": 0, "[EOS]": 1, "▁a": 2, "▁b": 3 };
    const parts = { pre_tokenizer: metaspace, decoder: metaspace };
    const other = join(scratch, "metaspace");
    await mkdir(other, { recursive: true });
    const model = { type: "BPE", vocab, merges: [] };
    await writeFile(join(other, "tokenizer.json"), JSON.stringify({ ...json, ...parts, model }));
    const spaced = await readHuggingFaceTokenizer(other);
    const tokens = [0, 2, 1, 3, 2];
    const decode = spaced.decoder();
    expect(spaced.decode(tokens)).toBe("a b a");
    expect(tokens.map((token) => decode(token))).toEqual(["", "a", "", " b", " a"]);
  });

  test.each(["{", "[]", "{}", '{"model": {"type": "BPE"}}', '{"model": {"type": "Other"}}'])(
    "refuses %s with the file's name",
    async (damaged) => {
      const bad = join(scratch, "bad");
      await mkdir(bad, { recursive: true });
      await writeFile(join(bad, "tokenizer.json"), damaged);
      const error = await readHuggingFaceTokenizer(bad).catch((reason: unknown) => reason);
      expectClear(error, join(bad, "tokenizer.json"));
    },
  );
});
