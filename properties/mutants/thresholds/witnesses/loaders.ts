/** Files of one size, written and read. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeFloats, encodeFloat32 } from "../../../../src/formats/floats.ts";
import { decodeQ8_0, encodeQ8_0 } from "../../../../src/formats/quantised.ts";
import { toInterleaved } from "../../../../src/formats/rope-order.ts";
import { readSafetensors, writeSafetensors } from "../../../../src/formats/safetensors.ts";
import { TensorFolder } from "../../../../src/formats/tensor-folder.ts";
import { modelConfig } from "../../../../src/model/config.ts";
import { randomWeights } from "../../../../src/model/weights.ts";
import { readLlama2cTokenizer } from "../../../../src/tokenizers/llama2c-bpe.ts";
import { wordTokenizer } from "../../../../src/tokenizers/words.ts";
import type { Witness } from "./decoders.ts";

const range = (length: number) => Array.from({ length }, (_, i) => i);
const words = (count: number) => range(count).map((i) => `w${i}`);
const numbers = (length: number) => Float64Array.from(range(length), (i) => i + 1);

async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "causalgate-witness-"));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Tensors of one number each. */
const tensorsOf = (count: number) =>
  range(count).map((i) => ({
    ...{ name: `t${String(i).padStart(4, "0")}`, shape: [1], data: Float64Array.of(i + 1) },
  }));

/** The bytes of a llama2.c tokenizer with the 256 bytes and these pieces. */
function tokenizerBytes(pieces: readonly string[]): Uint8Array {
  const bytes = range(256).map((b) => `<0x${b.toString(16).toUpperCase().padStart(2, "0")}>`);
  const entries = ["<unk>", "<s>", "</s>", ...bytes, ...pieces].map((piece) => {
    const entry = Buffer.alloc(8 + piece.length, piece.length > 0 ? "\0" : undefined);
    entry.writeInt32LE(piece.length, 4);
    entry.write(piece, 8, "latin1");
    return entry;
  });
  return Buffer.concat([Buffer.alloc(4), ...entries]);
}

/** Witnesses by name. */
export const loaders = {
  quantisedBlocks: (size) => {
    const view = new DataView(new ArrayBuffer(34 * size));
    encodeQ8_0(view, 0, numbers(32 * size), "witness");
    return decodeQ8_0(view, "witness");
  },
  floats: (size) => {
    const view = new DataView(new ArrayBuffer(8 * size));
    for (const i of range(size)) view.setFloat64(8 * i, i, true);
    return decodeFloats(view, "F64", "witness");
  },
  writtenFloats: (size) => {
    const view = new DataView(new ArrayBuffer(4 * size));
    encodeFloat32(view, 0, numbers(size), "witness");
    return new Uint8Array(view.buffer);
  },
  tensors: (size) =>
    inFolder(async (folder) => {
      const path = join(folder, "model.safetensors");
      await writeSafetensors(path, tensorsOf(size), "F32");
      return (await readSafetensors(path)).map(({ name, data }) => [name, data]);
    }),
  shards: (size) =>
    inFolder(async (folder) => {
      const tensors = tensorsOf(size);
      for (const tensor of tensors) {
        await writeSafetensors(join(folder, `${tensor.name}.safetensors`), [tensor]);
      }
      const map = tensors.map(({ name }) => [name, `${name}.safetensors`]);
      const index = JSON.stringify({ weight_map: Object.fromEntries(map) });
      await writeFile(join(folder, "model.safetensors.index.json"), index);
      return (await TensorFolder.open(folder, "")).size;
    }),
  reorderedRows: (size) => {
    const config = modelConfig({
      ...{ vocabSize: 2, hiddenSize: 2, intermediateSize: 1, numHiddenLayers: 1 },
      ...{ numAttentionHeads: Math.ceil(size / 4), headDim: 4, maxPositionEmbeddings: 4 },
    });
    const { weights } = toInterleaved({ name: "m", config, weights: randomWeights(config, 1) });
    return weights.layers[0].qProj.weight;
  },
  merges: (size) =>
    inFolder(async (folder) => {
      const path = join(folder, "tokenizer.bin");
      const fill = range(size - 3).map((i) => `#${i}`);
      await writeFile(path, tokenizerBytes(["x", "y", ...fill, "xy"]));
      return (await readLlama2cTokenizer(path)).encode("xy");
    }),
  words: (size) => wordTokenizer(words(size)).encode(`w${size - 1}`),
  longText: (size) => wordTokenizer(["a"]).encode(Array(size).fill("a").join(" ")),
} satisfies Record<string, Witness>;
