/** `--json`: the standard output of every command with a result is one JSON value. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { causalgate } from "./command.ts";
import { scratchFolder } from "./scratch.ts";

const scratch = scratchFolder();
const report = ["--report", join(scratch, "reports")];
const demo = ["--model", "demo"];

/** Commands, and the keys of their data, or of its first row. */
const commands: readonly (readonly [command: readonly string[], keys: readonly string[]])[] = [
  [
    ["cost", "parameters", ...demo],
    ["component", "count"],
  ],
  [
    ["cost", "flops", ...demo],
    ["phase", "total_exact_causal"],
  ],
  [
    ["cost", "memory", ...demo],
    ["part", "bytes"],
  ],
  [
    ["cost", "batch", ...demo],
    ["max_batch", "limiting_term"],
  ],
  [
    ["cost", "intensity", ...demo],
    ["flops", "ai"],
  ],
  [
    ["cost", "roofline", ...demo],
    ["ridge", "bound"],
  ],
  [["summary"], ["model", "parameters"]],
  [
    ["summary", "demo"],
    ["layers", "tensors"],
  ],
  [
    ["trace", "demo"],
    ["tokens", "steps"],
  ],
  [["laws"], ["id", "statement"]],
  [
    ["laws", "--former-codes"],
    ["code", "law", "name"],
  ],
  [
    ["train", "--task", "sort", "--steps", "1", "--batch", "1", "--out", join(scratch, "trained")],
    ["steps", "loss", "entropy"],
  ],
  [["tables"], ["file", "column", "meaning"]],
  [
    ["generate", "tiny", "the", "cat"],
    ["tokens", "text", "finish_reason"],
  ],
  [
    ["demo", ...report],
    ["causality", "generationCost"],
  ],
  [
    ["assignment", "--evaluate"],
    ["passed", "ways"],
  ],
  [
    ["assignment", "--benchmark", "--repeats", "1", "--new-tokens", "2", ...report],
    ["seq_len", "speedup"],
  ],
  [
    ["bench", "filters", "--scale", "smoke", ...report],
    ["latency", "ratios"],
  ],
];

describe("with --json", () => {
  test.for(commands)("causalgate %j prints one JSON value", async ([command, keys]) => {
    const { code, stdout, stderr } = await causalgate([...command, "--json"]);
    expect(code, stderr).toBe(0);
    const data = JSON.parse(stdout);
    const [first] = Array.isArray(data) ? data : [data];
    for (const key of keys) expect(Object.keys(first)).toContain(key);
  });

  test("the paths of written files go to the error stream", async () => {
    const { stderr } = await causalgate(["demo", ...report, "--json"]);
    expect(stderr).toMatch(/^written: .*causality\.csv$/m);
  });

  test("--format is refused", async () => {
    const { code, stderr } = await causalgate(["laws", "--json", "--format", "csv"]);
    expect(code).toBe(2);
    expect(stderr).toContain("option '--json' cannot be used with option '--format <F>'");
  });
});
