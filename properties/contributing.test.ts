/**
 * The recipes of CONTRIBUTING.md, executed literally in a copy of the sources: blocks of code are
 * new files, blocks of differences change existing ones, blocks of commands are run.
 */
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { configToHuggingFace } from "../src/formats/hugging-face-family.ts";
import { modelConfig } from "../src/model/config.ts";
import { randomWeights } from "../src/model/weights.ts";
import { scratchFolder } from "./scratch.ts";

const root = join(import.meta.dirname, "..");
const copy = scratchFolder();
const page = readFileSync(join(root, "CONTRIBUTING.md"), "utf8");

beforeAll(() => {
  const settings = ["package.json", "tsconfig.json", "vitest.config.ts"];
  for (const name of ["src", "properties", "benchmarks", ...settings]) {
    cpSync(join(root, name), join(copy, name), { recursive: true });
  }
  for (const name of ["golden", "examples", "node_modules"]) {
    symlinkSync(join(root, name), join(copy, name), "junction");
  }
  mkdirSync(join(copy, "docs"));
});

interface Block {
  readonly language: string;
  readonly text: string;
}

/** The blocks of the section with this title. */
function blocksOf(title: string): Block[] {
  const [, section] = page.split(`\n## ${title}\n`);
  const [own] = section.split("\n## ");
  const blocks = own.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm);
  return [...blocks].map(([, language, text]) => ({ language, text }));
}

interface Ended {
  readonly code: number;
  readonly output: string;
}

/** Runs a program of Node in the copy. */
function runNode(parameters: readonly string[]): Promise<Ended> {
  const options = { cwd: copy, maxBuffer: 1 << 26 };
  return new Promise((resolve) => {
    execFile(process.execPath, [...parameters], options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr });
    });
  });
}

/** Programs by the words that a command line begins with. */
const programs: Readonly<Record<string, string>> = {
  "npx causalgate ": "src/cli/main.ts",
  "npm run mutants -- ": "properties/mutants/main.ts",
  "npx vitest ": "node_modules/vitest/vitest.mjs",
};

async function runLine(line: string): Promise<Ended> {
  const [, from, to] = /^cp (\S+) (\S+)$/.exec(line) ?? [];
  if (to !== undefined) {
    cpSync(join(copy, from), join(copy, to));
    return { code: 0, output: "" };
  }
  const [command, target] = line.split(" > ");
  const start = Object.keys(programs).find((words) => command.startsWith(words));
  expect(start, line).toBeDefined();
  const ended = await runNode([programs[start!], ...command.slice(start!.length).split(" ")]);
  if (target !== undefined) writeFileSync(join(copy, target), ended.output);
  return ended;
}

/** Makes every change of a block of differences; the lines that it shows must occur once. */
function applyDiff(text: string): void {
  const [, file, body] = /^--- (\S+)\n([\s\S]*)$/.exec(text)!;
  let source = readFileSync(join(copy, file), "utf8");
  for (const hunk of body.split(/^@@\n/m)) {
    const lines = hunk.trimEnd().split("\n");
    const side = (omitted: string) =>
      lines.filter((line) => line[0] !== omitted).map((line) => line.slice(1));
    const parts = source.split(side("+").join("\n"));
    expect(parts.length, `${file}: ${hunk}`).toBe(2);
    source = parts.join(side("-").join("\n"));
  }
  writeFileSync(join(copy, file), source);
}

/** Applies a block: writes its file, changes one, or runs its commands and returns their ends. */
async function apply({ language, text }: Block): Promise<Ended[]> {
  if (language === "diff") applyDiff(text);
  if (language === "ts") writeFileSync(join(copy, fileOf(text)), text);
  if (language !== "sh") return [];
  const ends: Ended[] = [];
  for (const line of text.trimEnd().split("\n")) ends.push(await runLine(line));
  return ends;
}

const fileOf = (text: string) => /^\/\/ (\S+)\n/.exec(text)![1];

async function applyAll(blocks: readonly Block[]): Promise<Ended> {
  const ends: Ended[] = [];
  for (const block of blocks) ends.push(...(await apply(block)));
  return ends.at(-1)!;
}

/** The errors of the compiler in some files. */
async function typeErrors(files: readonly string[]): Promise<string> {
  const settings = { extends: "./tsconfig.json", include: ["src/**/*.d.ts"], files };
  writeFileSync(join(copy, "tsconfig.some.json"), JSON.stringify(settings));
  return (await runNode(["node_modules/typescript/bin/tsc", "-p", "tsconfig.some.json"])).output;
}

describe("add a law", () => {
  const [file, line, command, bug] = blocksOf("Add a law");

  test("is one file and one line", () => {
    expect([file, line, command, bug].map(({ language }) => language)).toEqual([
      ...["ts", "diff", "sh", "diff"],
    ]);
    expect(line.text.match(/^[+-](?!--)/gm)).toEqual(["+"]);
  });

  test("the reference keeps it", async () => {
    const { code, output } = await applyAll([file, line, command]);
    expect(output).toMatch(/repeated-rewind .* kept /);
    expect(code).toBe(0);
  });

  test("it fails on the planted bug", async () => {
    const place = join(copy, "src/reference/reference-decoder.ts");
    const right = readFileSync(place, "utf8");
    const { code, output } = await applyAll([bug, command]);
    writeFileSync(place, right);
    expect(output).toContain("repeated-rewind: broken by reference");
    expect(code).toBe(1);
  });

  test("without its canary it does not compile", async () => {
    const name = fileOf(file.text);
    expect(await typeErrors([name])).toBe("");
    const place = join(copy, name);
    writeFileSync(place, file.text.replace(/ {2}canaries: \[[\s\S]*\n {2}\],\n/, ""));
    const errors = await typeErrors([name]);
    writeFileSync(place, file.text);
    expect(errors).toContain("'canaries' is missing");
  });
});

test("add an engine: the laws judge it", async () => {
  const { code, output } = await applyAll(blocksOf("Add an engine"));
  for (const law of ["cache-equality", "definition-equality"]) {
    expect(output).toMatch(new RegExp(`${law} .* kept `));
  }
  expect(output).toMatch(/Not offered, 1: score-shift \(python: positions must be/);
  expect(code).toBe(0);
  expect(readFileSync(join(copy, "reports/engines.csv"), "utf8")).toContain("\npython,,float64,");
});

test("add a mutant: it is detected", async () => {
  const { code, output } = await applyAll(blocksOf("Add a mutant"));
  expect(output).toContain("cache-rewind-drops-one-more: killed");
  expect(code).toBe(0);
});

test("add a format: it loads", async () => {
  const config = modelConfig({
    ...{ vocabSize: 5, hiddenSize: 4, intermediateSize: 3, numHiddenLayers: 2 },
    ...{ numAttentionHeads: 2, maxPositionEmbeddings: 8 },
  });
  const { tensors } = randomWeights(config, 1);
  const numbers = Object.fromEntries(tensors.map(({ name, data }) => [name, [...data]]));
  const list = [configToHuggingFace(config), numbers];
  writeFileSync(join(copy, "model.json"), JSON.stringify(list));
  const { code, output } = await applyAll(blocksOf("Add a format"));
  expect(output).toMatch(/Logits: +\(1, 5, 5\)/);
  expect(code).toBe(0);
  const program = `const { loadModel } = await import("./src/formats/load.ts");
    const { weights } = await loadModel("model.json");
    console.log(JSON.stringify(weights.tensors.map(({ name, data }) => [name, [...data]])));`;
  const loaded = await runNode(["--input-type=module", "-e", program]);
  expect(Object.fromEntries(JSON.parse(loaded.output))).toEqual(numbers);
});

test("add a table: it is read back, and listed", async () => {
  const blocks = blocksOf("Add a table");
  const command = blocks.at(-1)!;
  await applyAll(blocks.slice(0, -1));
  const [tested, listed] = await apply(command);
  expect(tested.code, tested.output).toBe(0);
  expect(listed.code).toBe(0);
  expect(readFileSync(join(copy, "docs/tables.md"), "utf8")).toContain("\n## full-cache.csv\n");
});

test("the new code is sound", async () => {
  const named = [...page.matchAll(/^(?:\/\/|---) (\S+\.ts)$/gm)].map(([, file]) => file);
  expect(named.length).toBeGreaterThan(8);
  expect(await typeErrors(named)).toBe("");
});
