/** Checks of files: what was written comes back, and what cannot be is refused. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { forward } from "../../../src/definition.ts";
import { decodeFloats } from "../../../src/formats/floats.ts";
import { readGguf, writeGguf } from "../../../src/formats/gguf.ts";
import { architectures } from "../../../src/formats/gguf-architectures.ts";
import { readHuggingFace, writeHuggingFace } from "../../../src/formats/hugging-face.ts";
import { configFromHuggingFace } from "../../../src/formats/hugging-face-config.ts";
import { readLlama2c, writeLlama2c } from "../../../src/formats/llama2c.ts";
import { readMinGpt, writeMinGpt } from "../../../src/formats/mingpt.ts";
import { readSafetensors, writeSafetensors } from "../../../src/formats/safetensors.ts";
import { expectLogits, expectThat } from "../../../src/laws/support/expect.ts";
import { modelConfig } from "../../../src/model/config.ts";
import type { Model } from "../../../src/model/model.ts";
import { randomWeights } from "../../../src/model/weights.ts";
import { families } from "../../families.ts";
import { published } from "../../published-configs.ts";
import { expectSameModel, modelsOf } from "../../same-model.ts";
import { type Check, check } from "./check.ts";

const scratch = mkdtempSync(join(tmpdir(), "causalgate-mutant-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));

/** The same logits, whatever the layout of RoPE: by the definition, with weights that are tame. */
function expectSameLogits(actual: Model, expected: Model): void {
  const tokens = [0, 1 % expected.config.vocabSize, 0, 1 % expected.config.vocabSize];
  const [ours, theirs] = [actual, expected].map(({ config, weights }) =>
    forward(config, weights, tokens).map((row) => Float64Array.from(row)),
  );
  expectLogits("after the file", ours, theirs, { absolute: 1e-9, relative: 1e-9 });
}

const tame = (model: Model): Model => ({ ...model, weights: randomWeights(model.config, 7) });

/** Bends of configurations to what each format can say. */
const idleRope = { ropeTheta: 10_000, partialRotaryFactor: 1, ropeScaling: null } as const;
const wholeHeads = modelsOf(({ numAttentionHeads: N, headDim: H }) => ({
  ...architectures.llama,
  ...{ normEps: 1e-5, ropeTheta: 10_000, ropeScaling: null, hiddenSize: N * H },
  ...{ attentionBias: false, attentionOutputBias: false, mlpBias: false },
}));
const gpts = modelsOf(({ numAttentionHeads: N, headDim: H }) => ({
  ...architectures.gpt2,
  ...{ hiddenSize: N * H, intermediateSize: 4 * N * H, numKeyValueHeads: N, normEps: 1e-5 },
  ...{ ...idleRope, ropeLayout: "half-split" as const, tieWordEmbeddings: false },
}));

export const formatChecks: readonly Check[] = [
  check(
    "formats",
    "load-hugging-face",
    "a folder gives back the model, and others read the same logits from it",
    30,
    () => fc.oneof(...Object.values(families).map((bend) => modelsOf(bend))),
    async (model) => {
      const folder = join(scratch, "folder");
      await writeHuggingFace(folder, model);
      expectSameModel(await readHuggingFace(folder), model);
      await writeHuggingFace(folder, tame(model));
      const path = join(folder, "config.json");
      const { causalgate: _, ...words } = JSON.parse(await readFile(path, "utf8"));
      await writeFile(path, JSON.stringify(words));
      const read = await readHuggingFace(folder);
      const { positions, ropeLayout } = read.config;
      expectThat(positions !== "rope" || ropeLayout === "half-split", `others see ${ropeLayout}`);
      expectSameLogits(read, tame(model));
      if (words.model_type === "gpt2") await expectGpt2Layout(folder, tame(model));
    },
  ),
  check(
    "formats",
    "load-gguf",
    "a GGUF file gives back the model, half-split or interleaved, with the same logits",
    30,
    () =>
      fc.oneof(
        modelsOf(({ ropeLayout }) => ({ ...architectures.llama, ropeLayout })),
        modelsOf(() => ({ ...architectures.qwen3 })),
        modelsOf(({ numAttentionHeads: N, headDim: H }) => ({
          ...{ ...architectures.gpt2, ...idleRope, ropeLayout: "half-split", hiddenSize: N * H },
        })),
      ),
    async (model) => {
      const path = join(scratch, "model.gguf");
      await writeGguf(path, model);
      const read = await readGguf(path);
      const { ropeLayout } = read.config;
      if (ropeLayout === model.config.ropeLayout) expectSameModel(read, model);
      await writeGguf(path, tame(model));
      expectSameLogits(await readGguf(path), tame(model));
    },
  ),
  check(
    "formats",
    "load-gguf-quantised",
    "a file of few bits holds every tensor, each number within half a step",
    10,
    () =>
      fc.record({ tied: fc.boolean(), seed: fc.nat(99), dtype: fc.constantFrom("F16", "Q8_0") }),
    async ({ tied, seed, dtype }) => {
      const config = modelConfig({
        ...{ vocabSize: 5, hiddenSize: 32, intermediateSize: 64, numHiddenLayers: 2 },
        ...{ numAttentionHeads: 2, maxPositionEmbeddings: 6, ropeLayout: "interleaved" },
        tieWordEmbeddings: tied,
      });
      const model = { name: "few bits", config, weights: randomWeights(config, seed) };
      const path = join(scratch, "few-bits.gguf");
      await writeGguf(path, model, { dtype: dtype as "F16" | "Q8_0" });
      const read = await readGguf(path);
      expectThat(read.config.tieWordEmbeddings === tied, `tied ${tied} came back the other way`);
      for (const [t, { name, data }] of model.weights.tensors.entries()) {
        const largest = data.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
        // Half a step of Q8_0, and the rounding of its scale to float16, 127 times over.
        const allowed =
          dtype === "F16" ? largest * 2 ** -11 : (largest / 127) * (0.5 + 127 * 2 ** -11);
        const far = data.findIndex((x, i) => {
          return !(Math.abs(read.weights.tensors[t].data[i] - x) <= allowed);
        });
        expectThat(far < 0, `${name}[${far}] was ${data[far]}`);
      }
    },
  ),
  check(
    "formats",
    "load-llama2c",
    "a llama2.c file gives back the model",
    30,
    () => wholeHeads,
    async (model) => {
      const path = join(scratch, "model.bin");
      await writeLlama2c(path, model);
      expectSameModel(await readLlama2c(path), model);
    },
  ),
  check(
    "formats",
    "load-mingpt",
    "minGPT's JSON gives back the model",
    15,
    () => gpts,
    async (model) => {
      const path = join(scratch, "model.json");
      await writeMinGpt(path, model);
      expectSameModel(await readMinGpt(path), model);
    },
  ),
  check(
    "formats",
    "load-config-words",
    "a published config.json means what it says",
    1,
    () => fc.constant({}),
    () => {
      for (const [name, [json, means]] of Object.entries(published)) {
        const read = configFromHuggingFace(JSON.parse(json), name);
        const [actual, expected] = [read, modelConfig(means)].map((one) =>
          JSON.stringify(sorted(one)),
        );
        expectThat(actual === expected, `${name} means ${actual}`);
      }
    },
  ),
  check(
    "formats",
    "load-floats",
    "bytes are the numbers that they are",
    1,
    () => fc.constant({}),
    () => {
      const bytes = Uint8Array.of(0x80, 0x3f, 0x20, 0xc1, 0x00, 0x80);
      const numbers = [...decodeFloats(new DataView(bytes.buffer), "BF16", "by hand")];
      expectThat(numbers.join() === "1,-10,0" && Object.is(numbers[2], -0), `bytes are ${numbers}`);
    },
  ),
  check(
    "formats",
    "load-refusals",
    "files that contradict themselves are refused",
    1,
    () => fc.constant({}),
    expectRefusals,
  ),
];

const sorted = (config: object) => Object.entries(config).sort(([a], [b]) => (a < b ? -1 : 1));

/** GPT-2 stores `[in, out]`, with q, k and v side by side. */
async function expectGpt2Layout(folder: string, { config, weights }: Model): Promise<void> {
  const tensors = await readSafetensors(join(folder, "model.safetensors"));
  const data = (name: string) => tensors.find((tensor) => tensor.name === name)!.data;
  const { hiddenSize: D, intermediateSize: F } = config;
  const [{ kProj, upProj }] = weights.layers;
  const [i, o] = [D - 1, Math.floor(D / 2)];
  const key = data("h.0.attn.c_attn.weight")[3 * D * i + D + o];
  const up = data("h.0.mlp.c_fc.weight")[F * i];
  expectThat(key === kProj.weight[D * o + i], "k is the second third of a row of c_attn");
  expectThat(up === upProj.weight[i], "c_fc is stored [in, out]");
}

async function expectRefusals(): Promise<void> {
  const folder = join(scratch, "refused");
  const path = join(folder, "model.safetensors");
  const sizes = { vocabSize: 5, hiddenSize: 4, intermediateSize: 3, numHiddenLayers: 2 };
  const small = { ...sizes, numAttentionHeads: 2, maxPositionEmbeddings: 6 };
  const refused = async (what: string, read: Promise<unknown>, message: RegExp) => {
    const error = await read.then(() => null).catch((reason: Error) => reason.message);
    expectThat(error !== null && message.test(error), `${what}: ${error ?? "was read"}`);
  };
  for (const tieWordEmbeddings of [true, false]) {
    const config = modelConfig({ ...small, tieWordEmbeddings });
    const weights = randomWeights(config, 1);
    await writeHuggingFace(folder, { name: "", config, weights });
    const head = { name: "lm_head.weight", shape: [5, 4], data: weights.embedTokens.with(7, 1) };
    const others = weights.tensors.filter(({ name }) => name !== head.name);
    await writeSafetensors(path, tieWordEmbeddings ? [...others, head] : others);
    const message = tieWordEmbeddings ? /must equal what it is tied to/ : /must hold the tensor/;
    await refused(`tied ${tieWordEmbeddings}`, readHuggingFace(folder), message);
  }
  const header = JSON.stringify({
    a: { dtype: "F32", shape: [1], data_offsets: [0, 4] },
    b: { dtype: "F32", shape: [1], data_offsets: [0, 4] },
  });
  const bytes = Buffer.alloc(8 + header.length + 4);
  bytes.writeBigUInt64LE(BigInt(header.length));
  bytes.write(header, 8);
  await writeFile(path, bytes);
  await refused("one place for two", readSafetensors(path), /must begin at byte 4/);
  const large = Buffer.from(Int32Array.of(4, 1, 0x7fffffff, 2, 1, 3, 2).buffer);
  mkdirSync(folder, { recursive: true });
  await writeFile(join(folder, "large.bin"), large);
  const asked = /must have \d{12} bytes by its header, got 28$/;
  await refused("2^31 layers", readLlama2c(join(folder, "large.bin")), asked);
}
