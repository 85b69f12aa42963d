/** Checks of loaders with large files: many tensors, numbers, blocks, rows, words and merges. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { countsAround } from "../../../src/arbitraries/dimensions.ts";
import { sized } from "../../../src/arbitraries/sized.ts";
import { decodeFloats } from "../../../src/formats/floats.ts";
import { decodeQ8_0 } from "../../../src/formats/quantised.ts";
import { toInterleaved } from "../../../src/formats/rope-order.ts";
import { readSafetensors, writeSafetensors } from "../../../src/formats/safetensors.ts";
import { TensorFolder } from "../../../src/formats/tensor-folder.ts";
import { expectThat } from "../../../src/laws/support/expect.ts";
import { modelConfig } from "../../../src/model/config.ts";
import { randomWeights } from "../../../src/model/weights.ts";
import { readLlama2cTokenizer } from "../../../src/tokenizers/llama2c-bpe.ts";
import { wordTokenizer } from "../../../src/tokenizers/words.ts";
import { type Check, check } from "./check.ts";

const scratch = mkdtempSync(join(tmpdir(), "causalgate-mutant-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));

const range = (length: number) => Array.from({ length }, (_, i) => i);

/** Returns cases of a count, drawn around the powers of two. */
const counted = (max: number) => () =>
  sized(countsAround({ min: 1, max }), (count) =>
    fc.record({ count: fc.constant(count), seed: fc.nat({ max: 999 }) }),
  );

/** Numbers that no two places share, exact in float32. */
const numberAt = (seed: number, i: number) => (seed + 1) * 1024 + i;

const tensorsOf = (count: number, length: number, seed: number) =>
  range(count).map((t) => ({
    name: `t${String(t).padStart(4, "0")}`,
    shape: [length],
    data: Float64Array.from(range(length), (i) => numberAt(seed, t * length + i)),
  }));

const same = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  a.length === b.length && Array.from(a).every((x, i) => x === b[i]);

async function expectRead(
  path: string,
  tensors: ReturnType<typeof tensorsOf>,
  dtype: "F32" | "F64",
): Promise<void> {
  await writeSafetensors(path, tensors, dtype);
  const read = await readSafetensors(path);
  expectThat(read.length === tensors.length, `${read.length} of ${tensors.length} tensors`);
  const found = new Map(read.map(({ name, data }) => [name, data]));
  for (const { name, data } of tensors) {
    expectThat(same(found.get(name) ?? [], data), `${name} has ${found.get(name)}, not ${data}`);
  }
}

export const largeFileChecks: readonly Check[] = [
  check(
    "formats",
    "load-many-tensors",
    "a file of safetensors gives back all of its tensors",
    40,
    counted(520),
    ({ count, seed }) =>
      expectRead(join(scratch, "many.safetensors"), tensorsOf(count, 1, seed), "F32"),
  ),
  check(
    "formats",
    "load-long-tensors",
    "a tensor of safetensors gives back all of its numbers",
    40,
    counted(1100),
    async ({ count, seed }) => {
      for (const dtype of ["F32", "F64"] as const) {
        await expectRead(join(scratch, "long.safetensors"), tensorsOf(3, count, seed), dtype);
      }
    },
  ),
  check(
    "formats",
    "load-many-shards",
    "an index gives the tensors of all of its files",
    20,
    counted(40),
    async ({ count, seed }) => {
      const folder = join(scratch, `shards-${count}-${seed}`);
      mkdirSync(folder, { recursive: true });
      const tensors = tensorsOf(count, 1, seed);
      for (const tensor of tensors) {
        await writeSafetensors(join(folder, `${tensor.name}.safetensors`), [tensor]);
      }
      const map = tensors.map(({ name }) => [name, `${name}.safetensors`]);
      const index = JSON.stringify({ weight_map: Object.fromEntries(map) });
      await writeFile(join(folder, "model.safetensors.index.json"), index);
      const { size } = await TensorFolder.open(folder, "");
      expectThat(size === count, `${size} of ${count} tensors`);
    },
  ),
  check(
    "formats",
    "load-long-floats",
    "every number of a tensor is read from its place",
    40,
    counted(1100),
    ({ count, seed }) => {
      const view = new DataView(new ArrayBuffer(8 * count));
      for (const i of range(count)) view.setFloat64(8 * i, numberAt(seed, i), true);
      const read = decodeFloats(view, "F64", "tensor");
      expectThat(
        same(
          read,
          range(count).map((i) => numberAt(seed, i)),
        ),
        `read ${read}`,
      );
    },
  ),
  check(
    "formats",
    "load-many-blocks",
    "every block of Q8_0 has its scale: number = scale * q",
    40,
    counted(520),
    ({ count, seed }) => {
      const view = new DataView(new ArrayBuffer(34 * count));
      // 1, 2, 1/2, 4 and 8; five, so that no scale returns after a power of two of blocks.
      const scales = [0x3c00, 0x4000, 0x3800, 0x4400, 0x4800];
      const wanted: number[] = [];
      for (const block of range(count)) {
        const which = (block + seed) % 5;
        view.setUint16(34 * block, scales[which], true);
        for (const i of range(32)) {
          const q = ((block * 31 + i * 5 + seed) % 255) - 127;
          view.setInt8(34 * block + 2 + i, q);
          wanted.push([1, 2, 0.5, 4, 8][which] * q);
        }
      }
      expectThat(same(decodeQ8_0(view, "tensor"), wanted), `${count} blocks are decoded wrongly`);
    },
  ),
  check(
    "formats",
    "load-many-rows",
    "every row of a head is put in the order of the other layout of RoPE",
    20,
    counted(130),
    ({ count, seed }) => {
      const config = modelConfig({
        ...{ vocabSize: 2, hiddenSize: 2, intermediateSize: 1, numHiddenLayers: 1 },
        ...{ numAttentionHeads: count, headDim: 4, maxPositionEmbeddings: 4 },
      });
      const weights = randomWeights(config, seed);
      const before = weights.layers[0].qProj.weight.slice();
      const { weight } = toInterleaved({ name: "m", config, weights }).weights.layers[0].qProj;
      // Half-split pairs (0, 2) and (1, 3) become the neighbours (0, 1) and (2, 3).
      for (const row of range(4 * count)) {
        const from = row - (row % 4) + [0, 2, 1, 3][row % 4];
        const [actual, expected] = [weight, before].map((data, i) =>
          data.subarray(2 * [row, from][i], 2 * [row, from][i] + 2),
        );
        expectThat(same(actual, expected), `row ${row} is not row ${from} of the other layout`);
      }
    },
  ),
  check(
    "formats",
    "load-many-words",
    "a text of many words, and with the last words of a list, is encoded whole",
    40,
    counted(1100),
    ({ count, seed }) => {
      const list = range(count).map((i) => `w${i}`);
      const tokenizer = wordTokenizer(list);
      const ids = range(count).map((i) => (i * 7 + seed) % count);
      const text = ids.map((id) => list[id]).join(" ");
      expectThat(same(tokenizer.encode(text), ids), `${count} words have other ids`);
      expectThat(tokenizer.decode(ids) === text, `${count} ids have other words`);
    },
  ),
  check(
    "formats",
    "load-many-merges",
    "a merge into the last token of a long list is applied",
    20,
    counted(1100),
    async ({ count, seed }) => {
      const path = join(scratch, `tokenizer-${seed}.bin`);
      const fill = range(count).map((i) => `#${i}`);
      await writeFile(path, tokenizerBytes(["x", "y", ...fill, "xy"]));
      const ids = (await readLlama2cTokenizer(path)).encode("xy");
      const last = 3 + 256 + 2 + count;
      expectThat(ids.at(-1) === last, `"xy" is [${ids}], but should end in ${last}`);
    },
  ),
];

/** Returns the bytes of a llama2.c tokenizer with the 256 bytes and these pieces. */
function tokenizerBytes(pieces: readonly string[]): Uint8Array {
  const bytes = range(256).map((b) => `<0x${b.toString(16).toUpperCase().padStart(2, "0")}>`);
  const entries = ["<unk>", "<s>", "</s>", ...bytes, ...pieces].map((piece) => {
    const entry = Buffer.alloc(8 + piece.length);
    entry.writeInt32LE(piece.length, 4);
    entry.write(piece, 8, "latin1");
    return entry;
  });
  return Buffer.concat([Buffer.alloc(4), ...entries]);
}
