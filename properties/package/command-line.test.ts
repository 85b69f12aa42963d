/** The installed command, on every version of Node that it supports and on one that it does not. */
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, inject, test } from "vitest";
import { run, shell } from "./commands.ts";

const folder = inject("plain");
const { 20: tooOld, ...supported } = inject("nodes");
const nodes = Object.entries(supported);

test("Node 20 is refused in one sentence", async () => {
  const { code, stdout, stderr } = await shell("npx causalgate --help", { folder, node: tooOld });
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  const sentence = /^causalgate: Node\.js must be version 22 or newer, got v20\.\d+\.\d+\n$/;
  expect(stderr).toMatch(sentence);
});

describe("a clone, as npm install file:../clone links it,", () => {
  const clone = join(folder, "clone");
  const start = (version: string) =>
    shell("node clone/src/cli/bin.js", { folder, node: supported[version] });
  mkdirSync(join(clone, "src/cli"), { recursive: true });
  mkdirSync(join(clone, "dist/cli"), { recursive: true });
  writeFileSync(join(clone, "package.json"), '{ "type": "module" }');
  cpSync(join(import.meta.dirname, "../../src/cli/bin.js"), join(clone, "src/cli/bin.js"));
  writeFileSync(join(clone, "src/cli/main.ts"), 'console.log("source");');
  writeFileSync(join(clone, "dist/cli/main.js"), 'console.log("build");');

  test.for([
    ["22", "build"],
    ["24", "source"],
    ["26", "source"],
  ])("starts on Node %s from its %s", async ([version, text]) => {
    expect(await start(version)).toEqual({ code: 0, stdout: `${text}\n`, stderr: "" });
  });

  test("must be built on Node 22", async () => {
    rmSync(join(clone, "dist"), { recursive: true });
    const { code, stderr } = await start("22");
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^causalgate: a clone must be built .*, got v22\.\S+ and no dist; run .*\n$/,
    );
  });
});

test.for(nodes)("Node %s prints the help", async ([, node]) => {
  const { code, stdout, stderr } = await shell("npx causalgate --help", { folder, node });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain("Usage: causalgate");
});

test.for(nodes)(
  "Node %s checks the reference decoder and draws the page",
  async ([version, node]) => {
    const report = `--report reports-${version}`;
    const verify = `npx causalgate verify --law P-CAUS --runs 50 ${report}`;
    expect(await run(verify, { folder, node })).toContain("kept");
    expect(await run(`npx causalgate demo ${report}`, { folder, node })).toContain("written:");
    const page = await run(`npx causalgate report reports-${version}`, { folder, node });
    expect(page).toContain("index.html");
  },
);

test("a benchmark runs in child processes", async () => {
  const bench = "npx causalgate bench latency --scale smoke --report bench";
  expect(await run(bench, { folder, node: supported[22] })).toContain("written:");
});

test("the golden fixtures of the package are found", async () => {
  const check = await run("npx causalgate golden check", { folder, node: supported[22] });
  expect(check).toMatch(/ (\d+) of \1 fixtures kept, 0 broken/);
});
