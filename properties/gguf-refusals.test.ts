import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readGguf } from "../src/formats/gguf.ts";
import { damagedCopies } from "./damage.ts";
import {
  ARRAY,
  adding,
  addingTensor,
  BOOL,
  expectRefusal,
  F32,
  f32,
  handMade,
  type Refusal,
  STRING,
  tinyLlama,
  U8,
  U32,
  u32,
  u64,
  withTensor,
} from "./gguf-file.ts";
import { expectModelOrRefusal } from "./refusals.ts";
import { scratchFolder } from "./scratch.ts";
import { property } from "./support.ts";

const folder = scratchFolder();
const path = join(folder, "refused.gguf");

const ofTheHeader: Refusal[] = [
  ["an empty file", () => Buffer.alloc(0), "at byte 0: the magic number must end by byte 0"],
  ["another magic", (p) => ({ ...p, magic: "GGML" }), "at byte 4: the file must begin with GGUF"],
  ["version 1", (p) => ({ ...p, version: 1 }), "at byte 8: the version must be 2 or 3, got 1"],
  [
    "a big-endian file",
    (p) => ({ ...p, version: 3 * 2 ** 24 }),
    "the version must be 2 or 3, got 50331648",
  ],
  [
    "2^63 tensors",
    (p) => ({ ...p, tensorCount: 2n ** 63n }),
    "at byte 16: the tensors must be at most the",
  ],
  [
    "2^63 values",
    (p) => ({ ...p, valueCount: 2n ** 63n }),
    "at byte 24: the values must be at most",
  ],
  [
    "a string of 100 GB",
    adding("general.description", STRING, u64(10n ** 11n), Buffer.alloc(9)),
    "general.description must be at most the",
  ],
  [
    "an array of 2^60",
    adding("tokenizer.ggml.scores", ARRAY, u32(F32), u64(2n ** 60n)),
    "tokenizer.ggml.scores must be at most the",
  ],
  [
    "an array of 2^60 strings",
    adding("tokenizer.ggml.tokens", ARRAY, u32(STRING), u64(2n ** 60n)),
    "tokenizer.ggml.tokens must be at most the",
  ],
  [
    "a string of 2^62 in an array",
    adding("tokenizer.ggml.tokens", ARRAY, u32(STRING), u64(1n), u64(2n ** 62n)),
    "tokenizer.ggml.tokens[0] must be at most the",
  ],
  [
    "an array in an array",
    adding("x", ARRAY, u32(ARRAY), u64(1n), u32(U8), u64(0n)),
    "x must have a known type, and no arrays in arrays, got 9",
  ],
  ["an unknown type of value", adding("x", 13, u32(0)), "x must have a known type"],
  ["a BOOL of 2", adding("x", BOOL, Buffer.of(2)), "x must be a BOOL, 0 or 1, got 2"],
  ["a key twice", adding("llama.block_count", U32, u32(1)), "a key must be there once"],
  ["text that is none", adding("x", STRING, u64(1n), Buffer.of(0xff)), "x must be UTF-8"],
  [
    "no power of two",
    adding("general.alignment", U32, u32(24)),
    "alignment must be a power of two",
  ],
  [
    "an alignment of 0",
    adding("general.alignment", U32, u32(0)),
    "general.alignment must be a power of two, got 0",
  ],
];

const ofTensors: Refusal[] = [
  [
    "a type that is not read",
    withTensor("blk.0.ffn_up.weight", { type: 12 }),
    "blk.0.ffn_up.weight's type must be F32 (0), F16 (1) or Q8_0 (8), got 12",
  ],
  [
    "Q8_0 in rows of 4",
    withTensor("blk.0.ffn_up.weight", { type: 8 }),
    "blk.0.ffn_up.weight's rows must be a multiple of 32 in Q8_0, got 4",
  ],
  [
    "no dimensions",
    withTensor("output_norm.weight", { extents: [] }),
    "must have 1 to 4 dimensions",
  ],
  [
    "an extent of 0",
    withTensor("output_norm.weight", { extents: [0n] }),
    "output_norm.weight's extents must be positive, got 0",
  ],
  [
    "2^63 numbers",
    withTensor("output_norm.weight", { extents: [2n ** 63n] }),
    "output_norm.weight: must end by byte",
  ],
  [
    "100 GB of numbers",
    withTensor("token_embd.weight", { extents: [10n ** 5n, 25n * 10n ** 4n] }),
    "token_embd.weight: must end by byte",
  ],
  [
    "an offset beyond the file",
    withTensor("output_norm.weight", { offset: 2n ** 40n }),
    "output_norm.weight: must end by byte",
  ],
  [
    "an offset that is not aligned",
    withTensor("output_norm.weight", { offset: 33n }),
    "output_norm.weight's offset must be a multiple of 32, got 33",
  ],
  [
    "one tensor over another",
    withTensor("output_norm.weight", { offset: 32n }),
    "output_norm.weight: must begin after byte",
  ],
  [
    "a tensor twice",
    addingTensor("output_norm.weight", [4n], f32(1, 2, 3, 4)),
    "a tensor must be there once, got output_norm.weight",
  ],
  [
    "a name that is too long",
    addingTensor("x".repeat(65), [1n], f32(1)),
    "a tensor's name must have at most 64 bytes, got 65",
  ],
  [
    "a weight that is not a number",
    withTensor("output_norm.weight", { bytes: f32(1, Number.NaN, 3, 4) }),
    "output_norm.weight[1]: must be a finite number, got NaN",
  ],
];

describe("a GGUF file is refused", () => {
  test.each([...ofTheHeader, ...ofTensors])("for %s", (...refusal) =>
    expectRefusal(path, refusal, readGguf),
  );

  const whole = handMade(tinyLlama());
  // After the 4 numbers of the last tensor there is only padding.
  const end = whole.length - 32 + 16;

  property(
    "if it is truncated anywhere",
    fc.nat(end - 1),
    async (length) => {
      await writeFile(path, whole.subarray(0, length));
      await expect(readGguf(path)).rejects.toThrow(/: .* must (end|be at most)/);
    },
    300,
  );

  property(
    "by name if it is damaged anywhere, or is read as a complete model",
    damagedCopies(whole, 1100),
    async (bytes) => {
      await writeFile(path, bytes);
      await expectModelOrRefusal(path, () => readGguf(path));
    },
    500,
  );
});
