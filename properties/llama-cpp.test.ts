/**
 * llama.cpp, an independent engine, on GGUF files written here. It runs in child processes, if it
 * is installed; the errors without it are always tested.
 */
import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { $ } from "zx";
import { randomModel } from "../src/arbitraries/models.ts";
import { NotOffered } from "../src/decoder.ts";
import { llamaCppDecoder } from "../src/engines/llama-cpp.ts";
import {
  installLlamaCpp,
  isLlamaCppInstalled,
  llamaCppFolder,
  llamaCppPackage,
} from "../src/engines/llama-cpp-package.ts";
import { ggmlFloat16, ggmlFloat32 } from "../src/math/arithmetic.ts";
import { modelConfig } from "../src/model/config.ts";
import { randomWeights } from "../src/model/weights.ts";
import { noiseFloor, noiseOver } from "../src/tolerance/noise.ts";
import { withModel } from "./models.ts";
import { scratchFolder } from "./scratch.ts";
import { seed } from "./support.ts";

const scratch = scratchFolder();

const sizes = {
  vocabSize: 11,
  hiddenSize: 8,
  intermediateSize: 10,
  numHiddenLayers: 2,
  numAttentionHeads: 2,
  maxPositionEmbeddings: 9,
} as const;

describe("the package", () => {
  const main = ["node_modules", "node-llama-cpp", "dist", "index.js"];

  /** Runs the command with a shell script in place of npm. */
  const verifyWith = async (name: string, npm: string) => {
    const folder = join(scratch, name);
    await mkdir(folder);
    await writeFile(join(folder, "npm"), `#!/bin/sh\n${npm}\n`);
    await chmod(join(folder, "npm"), 0o755);
    const env = { ...process.env, PATH: `${folder}:${process.env.PATH}`, XDG_CACHE_HOME: folder };
    const command = ["src/cli/main.ts", "verify", "--subject", "llama.cpp"];
    const parameters = ["--law", "cache-equality", "--runs", "1", "--report", folder];
    const run = $({ env, nothrow: true, quiet: true });
    const { exitCode, stderr } = await run`${process.execPath} ${command} ${parameters}`;
    const cache = join(folder, "causalgate");
    return { exitCode, stderr, cache, left: await readdir(cache) };
  };

  test("is installed by the command that needs it, at its version, without install scripts", async () => {
    const file = main.join("/");
    const npm = `echo "$@"; mkdir -p ${main.slice(0, -1).join("/")}; echo 'throw "fake"' > ${file}`;
    const { stderr, left } = await verifyWith("there", npm);
    expect(stderr).toMatch(/llama.cpp: installing node-llama-cpp 3\.22\.1, 85 MB, once, in/);
    expect(stderr).toMatch(/install .*--omit=optional --ignore-scripts .*node-llama-cpp@3\.22\.1/);
    expect(left).toEqual(["node-llama-cpp-3.22.1"]);
  });

  test("that cannot be installed is an error with npm's message, and leaves no files", async () => {
    const npm = "echo 'npm error code ENOTFOUND' >&2; exit 7";
    const { exitCode, stderr, cache, left } = await verifyWith("absent", npm);
    expect(exitCode).toBe(2);
    const must = `llama.cpp: node-llama-cpp 3.22.1 must be installed in ${cache}`;
    expect(stderr).toContain(must);
    expect(stderr).toContain("got exit code 7 of npm install; npm error code ENOTFOUND");
    expect(left).toEqual([]);
  });

  test("that is installed is not installed again", async () => {
    const folder = join(scratch, "once");
    await mkdir(join(folder, ...main.slice(0, -1)), { recursive: true });
    await writeFile(join(folder, ...main), "export const getLlama = 3;\n");
    await installLlamaCpp(folder);
    expect(await llamaCppPackage(folder)).toMatchObject({ getLlama: 3 });
  });

  test("that is missing is an error with the command that installs it", async () => {
    const missing = llamaCppPackage(join(scratch, "nowhere"));
    await expect(missing).rejects.toThrow(/^llama.cpp: .* verify --subject llama.cpp installs it$/);
  });
});

test("an unsupported model is not offered, installed or not", async () => {
  const config = modelConfig({ ...sizes, slidingWindow: 3 });
  const model = { name: "window", config, weights: randomWeights(config, 1) };
  const starting = llamaCppDecoder(model, { cache: "float32" }).start();
  await expect(starting).rejects.toThrow(NotOffered);
  await expect(starting).rejects.toThrow(
    "llama.cpp: for architecture llama, config.slidingWindow must be null, got 3",
  );
});

test("GELU by a table and attention in float16 raise the noise floor", () => {
  const floors = (feedForward: "swiglu" | "gelu_tanh") => {
    const config = modelConfig({ ...sizes, feedForward });
    const model = { name: feedForward, config, weights: randomWeights(config, 1) };
    return [ggmlFloat32, ggmlFloat16].map((arithmetic) => noiseFloor(model, arithmetic));
  };
  const [swiglu, swigluHalf] = floors("swiglu");
  const [gelu] = floors("gelu_tanh");
  expect(gelu).toBeGreaterThan(30 * swiglu);
  expect(swigluHalf).toBeGreaterThan(30 * swiglu);
});

test("the noise of values in float16 is that of other roundings, too", () => {
  // The residual stream is near zero after the fourth token: llama.cpp is off by 8.3e-4 there, and
  // one rounding of the definition by chance by 9.6e-5 only.
  const near = {
    ...{ numKeyValueHeads: 1, headDim: 2, numHiddenLayers: 2, numAttentionHeads: 2 },
    ...{ hiddenSize: 1, intermediateSize: 8, vocabSize: 14, maxPositionEmbeddings: 6 },
  };
  const noise = noiseOver(randomModel(near, 4), [0, 0, 9, 0, 0], ggmlFloat16);
  expect(noise).toBeGreaterThan(4e-4);
  expect(noise).toBeLessThan(4e-3);
});

/** Returns the output of a child process. */
async function child(...parameters: readonly string[]) {
  const file = join(import.meta.dirname, "llama-cpp-child.ts");
  return JSON.parse(`${await $({ quiet: true })`${process.execPath} ${file} ${parameters}`}`);
}

if (await isLlamaCppInstalled()) {
  test("llama.cpp keeps the laws: the definition's logits, histories, beams", async (context) => {
    const verdicts: { status: string; cases: number }[] = await child("laws", String(seed));
    context.task.meta.cases = verdicts.reduce((sum, { cases }) => sum + cases, 0);
    const bad = verdicts.filter(({ status }) => status !== "kept" && status !== "unproven");
    expect(bad).toEqual([]);
    // A law runs more cases if its canary needed more.
    const fewest = [100, 20, 10, 20];
    expect(verdicts).toHaveLength(fewest.length);
    expect(verdicts.filter(({ cases }, i) => cases < fewest[i])).toEqual([]);
  });

  /** Returns the greedy continuation. */
  const continued = (file: string, prompt: readonly number[], count: number) =>
    child("greedy", file, JSON.stringify(prompt), String(count));

  withModel("stories260K", (folder) => {
    test("stories260K: 200 greedy tokens on llama.cpp are run.c's", async () => {
      const inputs = await readFile(join(folder, "golden-runc-greedy200-input-tokens.txt"), "utf8");
      const [first, ...rest] = inputs.trim().split(/\s+/).map(Number);
      const tokens = await continued(join(folder, "stories260K.bin"), [first], rest.length);
      expect(tokens).toEqual(rest);
    });
  });

  withModel("gpt-nano-sort", (folder) => {
    test("gpt-nano-sort sorts on llama.cpp", async () => {
      const letters = [2, 0, 1, 0, 2, 1];
      const sorted = await continued(join(folder, "gpt-nano-sort-model.json"), letters, 6);
      expect(sorted).toEqual(letters.toSorted());
    });
  });
} else {
  test(`llama.cpp runs the written files (not available: ${llamaCppFolder()})`, () => {});
}
