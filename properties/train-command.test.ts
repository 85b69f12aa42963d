import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parse } from "csv-parse/sync";
import { beforeAll, describe, expect, test } from "vitest";
import { trainCommand } from "../src/cli/train.ts";
import { findModel, findTrainedModel } from "../src/formats/find-model.ts";
import { configToHuggingFace } from "../src/formats/hugging-face-family.ts";
import { readPeft } from "../src/formats/peft.ts";
import { readSafetensors } from "../src/formats/safetensors.ts";
import { sha256 } from "../src/io/files.ts";
import { modelConfig } from "../src/model/config.ts";
import { mergeLora } from "../src/model/lora.ts";
import type { Model } from "../src/model/model.ts";
import { namedModel } from "../src/model/named/registry.ts";
import { referenceDecoder } from "../src/reference/reference-decoder.ts";
import { causalgate } from "./command.ts";
import { scratchFolder } from "./scratch.ts";

const scratch = scratchFolder();
const inScratch = (name: string) => join(scratch, name);

/** A folder with a configuration and without weights. */
async function shape(name: string, vocabSize: number): Promise<string> {
  const config = modelConfig({
    ...namedModel("tiny").config,
    ...{ vocabSize, hiddenSize: 8, intermediateSize: 12, headDim: 8, maxPositionEmbeddings: 8 },
  });
  await mkdir(inScratch(name));
  await writeFile(
    join(inScratch(name), "config.json"),
    JSON.stringify(configToHuggingFace(config)),
  );
  return inScratch(name);
}

const settings = ["--batch", "2", "--every", "20", "--dropout", "0.1", "--dtype", "float16"];

/** Returns the output of a training that must succeed. */
async function trained(...parameters: string[]): Promise<string> {
  const { code, stdout, stderr } = await causalgate(["train", ...parameters]);
  expect(stderr).not.toMatch(/causalgate:|error:/);
  expect(code).toBe(0);
  return stdout;
}

/** Returns the error of a training that must not begin. */
async function refusal(...parameters: string[]): Promise<string> {
  let written = "";
  const writeErr = (text: string) => {
    written += text;
  };
  const command = trainCommand().exitOverride().configureOutput({ writeErr });
  const error = await command.parseAsync(parameters, { from: "user" }).then(
    () => null,
    (refused: Error) => refused,
  );
  return `${written}${error?.message}`;
}

/** Returns every file of a folder, by name. */
async function filesOf(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).sort();
  const hash = async (name: string) => [name, sha256(await readFile(join(folder, name)))];
  return Object.fromEntries(await Promise.all(names.map(hash)));
}

const readJson = async (path: string) => JSON.parse(await readFile(path, "utf8"));

describe("causalgate train", () => {
  let tiny: string;
  let whole: string;
  let printed: string;

  beforeAll(async () => {
    tiny = await shape("words", 20);
    whole = inScratch("whole");
    const task = ["--task", "sentences", "--model", tiny, "--steps", "100", ...settings];
    printed = await trained(...task, "--out", whole);
  });

  test("writes a model, its tokenizer, the curve and a record of both, and prints the loss", async () => {
    const files = await filesOf(whole);
    const { settings, result, sha256: hashes } = await readJson(join(whole, "training.json"));
    const { "training.json": _, ...others } = files;
    expect(hashes).toEqual(others);
    expect(Object.keys(files)).toEqual([
      ...["config.json", "curve.csv", "model.safetensors", "tokenizer.json", "training.json"],
    ]);
    expect(settings).toMatchObject({ task: "sentences", steps: 100, batchSize: 2, seed: 42 });
    expect(printed).toContain(`held-out loss  ${result.loss.toFixed(4)} nats`);
    expect(printed).toContain(`entropy        ${result.entropy.toFixed(4)} nats`);
  });

  test("draws the curve of the training", async () => {
    const text = await readFile(join(whole, "curve.csv"), "utf8");
    const rows: Record<string, number>[] = parse(text, { columns: true, cast: true });
    expect(rows.map(({ step }) => step)).toEqual([20, 40, 60, 80, 100]);
    expect(rows.map(({ tokens }) => tokens)).toEqual([320, 640, 960, 1280, 1600]);
    expect(rows[4].loss).toBeLessThan(rows[0].loss);
    expect(rows[4].held_out_loss).toBeLessThan(rows[0].held_out_loss);
    expect(rows[4].learning_rate).toBeCloseTo(0.003 / 50, 12);
  });

  test("rounds the weights to the requested type", async () => {
    const tensors = await readSafetensors(join(whole, "model.safetensors"));
    expect(tensors.every(({ data }) => data.every((x) => Math.f16round(x) === x))).toBe(true);
  });

  test("killed and resumed, writes the same bytes as an uninterrupted run", async () => {
    const out = inScratch("killed");
    const task = ["--task", "sentences", "--model", tiny, "--steps", "100", ...settings];
    const checkpoint = join(out, "checkpoint.safetensors");
    const killer = new AbortController();
    const killed = causalgate(["train", ...task, "--out", out], undefined, killer.signal);
    while (!existsSync(checkpoint)) await setTimeout(2);
    killer.abort();
    expect((await killed).code).toBeNull();
    expect(await refusal(...task, "--out", out)).toContain(
      "must be new or empty, or resumed with --resume, got 3 files",
    );
    expect(await trained(...task, "--out", out, "--resume")).toMatch(/^steps +[2-8]0 of 100 in /);
    expect(await filesOf(out)).toEqual(await filesOf(whole));
  });

  test("is refused if it is resumed with other settings, or after its end", async () => {
    const task = ["--task", "sentences", "--model", tiny, ...settings, "--out", whole, "--resume"];
    expect(await refusal(...task, "--steps", "101")).toContain(
      "train --resume: steps must be 100, as at the start of the training, got 101",
    );
    expect(await refusal(...task, "--steps", "100")).toContain(
      "must be unfinished, got a finished training",
    );
  });

  test("gives a model that generates its words", async () => {
    const { code, stdout } = await causalgate(["generate", "--model", whole, "the cat sat"]);
    expect(stdout).toMatch(/^the cat sat( [a-z]+){6}\n$/);
    expect(code).toBe(0);
  });

  test("trains on the bytes of a text", async () => {
    const text = inScratch("text.txt");
    await writeFile(text, "the cat sat on the mat. ".repeat(10));
    const bytes = await shape("bytes", 256);
    const out = inScratch("text");
    await trained("--task", text, "--model", bytes, "--steps", "2", "--batch", "1", "--out", out);
    const { result } = await readJson(join(out, "training.json"));
    expect(result).toMatchObject({ counted: 8, entropy: null });
  });

  test("fine-tunes adapters, which are stored without their unchanged base", async () => {
    const before = await filesOf(whole);
    const out = inScratch("adapters");
    const lora = ["--from", whole, "--lora", "2,4,q_proj,down_proj", "--lr", "0.05"];
    await trained("--task", "sentences", ...lora, "--steps", "5", "--batch", "2", "--out", out);
    expect(await filesOf(whole)).toEqual(before);
    expect(Object.keys(await filesOf(out))).toEqual([
      ...["adapter_config.json", "adapter_model.safetensors", "curve.csv", "training.json"],
    ]);
    const stored = await readSafetensors(join(out, "adapter_model.safetensors"));
    expect(stored).toHaveLength(3 * 2 * 2);
    expect(stored.every(({ name }) => /^base_model\.model\..*\.lora_[AB]\.weight$/.test(name)));

    const base = await findModel(whole, 0);
    const adapted = await readPeft(out, base);
    expect(adapted.weights.lora).toEqual({ rank: 2, alpha: 4, targets: ["q_proj", "down_proj"] });
    const logits = await logitsOf(adapted);
    expect(await logitsOf(await findTrainedModel(out, 0))).toEqual(logits);
    expect(await logitsOf(base)).not.toEqual(logits);
    const merged = await logitsOf({ ...base, weights: mergeLora(base.config, adapted.weights) });
    for (const [i, x] of merged.entries()) expect(x).toBeCloseTo(logits[i], 9);
  });
});

async function logitsOf({ config, weights }: Model): Promise<number[]> {
  await using sequence = await referenceDecoder(config, weights).start();
  return [...(await sequence.append([0, 1, 3]))];
}

describe("causalgate train refuses, and creates no folder", () => {
  test.for([
    ["--task sentences", "required option '--out <FOLDER>' not specified"],
    ["--task nosuch.txt --out OUT", 'the path of a text, got "nosuch.txt"'],
    ["--task sentences --model demo --out OUT", "must have a vocabulary of 20 words, got 256"],
    ["--task package.json --model tiny --out OUT", "must have a vocabulary of 256 bytes, got 20"],
    [
      "--task sentences --lora 4,8,q_proj --out OUT",
      "--lora needs --from, the model that it adapts",
    ],
    [
      "--task sentences --from tiny --lora 4,q_proj --out OUT",
      'as in 4,8,q_proj,v_proj, got "4,q_proj"',
    ],
    [
      "--task sentences --from tiny --lora 4,8,head --out OUT",
      "lora.targets must be at least one of",
    ],
    [
      "--task sentences --warmup 5 --steps 5 --out OUT",
      "--warmup must be less than the 5 steps, got 5",
    ],
    ["--task sort --model assignment --out OUT", "Hugging Face: one family must support it all; "],
    ["--task sentences --out OUT --resume", "must hold an unfinished training, got none"],
    ["--task sentences --out src", "src: must be new or empty, or resumed with --resume"],
  ])("%s", async ([line, message]) => {
    const out = inScratch("refused");
    const words = line.split(" ").map((word) => (word === "OUT" ? out : word));
    expect(await refusal(...words)).toContain(message);
    expect(existsSync(out)).toBe(false);
  });
});

test("the help of train has an example of each kind", () => {
  let text = "";
  const writeOut = (part: string) => {
    text += part;
  };
  trainCommand().configureOutput({ writeOut }).outputHelp();
  for (const word of ["--resume", "book.txt", "--lora 4,8,q_proj,v_proj"]) {
    expect(text).toMatch(new RegExp(`causalgate train .*${word}`));
  }
});
