/** An engine whose optional package is not installed. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { runProgram } from "../src/cli/run-program.ts";
import { causalgate } from "./command.ts";
import { scratchFolder } from "./scratch.ts";

const folder = scratchFolder();

/** Hooks of a process in which Node finds no onnxruntime-node. */
const hooks = `import { registerHooks } from "node:module";
registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier === "onnxruntime-node" ? "missing-package" : specifier, context),
});`;
beforeAll(() => {
  process.env.NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(hooks)}`;
});
afterAll(() => {
  delete process.env.NODE_OPTIONS;
});

test.for([
  ["verify", "--runs", "2", "--report", join(folder, "reports")],
  ["golden", "check"],
  ["golden", "record", "--out", join(folder, "fixtures")],
])("%j: one sentence, before any work", async (command) => {
  for (const subject of ["onnxruntime", "onnxruntime-float64"]) {
    expect(await causalgate([...command, "--subject", subject])).toEqual({
      code: 2,
      stdout: "",
      stderr:
        "causalgate: onnxruntime: the package onnxruntime-node must be installed and load, " +
        "got none; npm install onnxruntime-node\n",
    });
  }
  expect(existsSync(join(folder, "reports"))).toBe(false);
});

test("the error that came first is shown, not the one while the engine was disposed of", async () => {
  const program = new Command("causalgate").action(async () => {
    await using _engine = { [Symbol.asyncDispose]: () => Promise.reject(new Error("disposal")) };
    throw new Error("start");
  });
  const print = vi.spyOn(console, "error").mockImplementation(() => {});
  vi.spyOn(process, "argv", "get").mockReturnValue(["node", "causalgate"]);
  await runProgram(program);
  expect(print.mock.calls).toEqual([["causalgate: start"]]);
  expect(process.exitCode).toBe(2);
  process.exitCode = 0;
  vi.restoreAllMocks();
});
