/** The commands, run like a user runs them; the contents of tables are tested elsewhere. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { describe, expect, test } from "vitest";
import { latencyTable } from "../src/bench/latency-table.ts";
import { ratiosTable } from "../src/bench/ratios-table.ts";
import { assignmentCommand } from "../src/cli/assignment.ts";
import { costCommand } from "../src/cli/cost.ts";
import { generateCommand } from "../src/cli/generate.ts";
import { summaryCommand } from "../src/cli/summary.ts";
import { traceCommand } from "../src/cli/trace.ts";
import { namedModels } from "../src/model/named/registry.ts";
import { causalgate } from "./command.ts";
import { withModel } from "./models.ts";
import { scratchFolder } from "./scratch.ts";

const scratch = scratchFolder();

/** Returns the standard output of a command that must succeed. */
async function output(...parameters: string[]): Promise<string> {
  const { code, stdout, stderr } = await causalgate(parameters);
  expect(stderr.split("\n").filter((line) => /error|causalgate:/.test(line))).toEqual([]);
  expect(code).toBe(0);
  return stdout;
}

function csvRows(text: string): Record<string, string>[] {
  return parse(text, { columns: true });
}

describe("summary", () => {
  test("lists every named model with its source", async () => {
    const text = await output("summary");
    for (const { name, source } of namedModels) {
      expect(text).toContain(`│ ${name} `);
      expect(text).toMatch(new RegExp(`^${RegExp.escape(name)} +${RegExp.escape(source)}$`, "m"));
    }
  });

  test("prints one model as text and as data", async () => {
    const text = await output("summary", "demo");
    expect(text).toContain("CausalLM(\n  embedding: [V=256, D=64]\n");
    expect(text).toContain("tied: 107,328 parameters\nuntied (hypothetical): 123,712 parameters\n");
    const data = JSON.parse(await output("summary", "llama-3-8b", "--format", "json"));
    expect(data.parameters).toEqual({
      total: 8_030_261_248,
      tied: 7_504_924_672,
      untied: 8_030_261_248,
    });
    expect(data.config).toMatchObject({ vocab_size: 128_256, num_key_value_heads: 8 });
  });
});

describe("trace", () => {
  test("shows ten tokens through the demo", async () => {
    expect(await output("trace", "demo")).toBe(
      [
        "Token IDs:         (1, 10)       (B, T)",
        "Embedding:         (1, 10, 64)   (B, T, D)",
        "After block 0:     (1, 10, 64)   (B, T, D)",
        "After block 1:     (1, 10, 64)   (B, T, D)",
        "Final RMSNorm:     (1, 10, 64)   (B, T, D)",
        "Logits:            (1, 10, 256)  (B, T, V)",
        "Next-token probs:  (1, 256)      (B, V)",
        "",
      ].join("\n"),
    );
  });

  test("accepts text and batches, and prints data", async () => {
    const options = ["--prompt", "the cat sat", "--batch", "2", "--format", "json"];
    const { tokens, steps } = JSON.parse(await output("trace", "tiny", ...options));
    expect(tokens).toEqual([0, 1, 3]);
    expect(steps[1]).toEqual({ step: "Embedding", symbols: "(B, T, D)", shape: [2, 3, 64] });
  });
});

describe("generate", () => {
  withModel("stories260K", (folder) => {
    test("generates the text of llama2.c, greedy and sampled", async () => {
      const golden = JSON.parse(await readFile(join(folder, "golden-texts.json"), "utf8"));
      const model = join(folder, "stories260K.bin");
      const greedy = ["--greedy", "--max-new-tokens", "200"];
      expect(await output("generate", model, ...greedy)).toBe(`${golden.runs[0].text}\n`);
      const drawn = ["--xorshift", "--seed", "42", "--total-length", "201"];
      expect(await output("generate", model, ...drawn)).toBe(`${golden.runs[1].text}\n`);
    });
  });

  test("gives the same ids with and without a cache, and counts the token steps", async () => {
    const prompt = ["generate", "demo", "--tokens", "3,7,11,15", "--max-new-tokens", "10"];
    const cached = await causalgate([...prompt, "--top-k", "10", "--seed", "7"]);
    const naive = await causalgate([...prompt, "--top-k", "10", "--seed", "7", "--naive"]);
    expect(cached.stdout).toMatch(/^3 7 11 15( \d+){10}\n$/);
    expect(naive.stdout).toBe(cached.stdout);
    expect(cached.stderr).toMatch(/^demo: random weights of seed 7, not trained$/m);
    expect(cached.stderr).toMatch(/^tokens +4 of the prompt, 10 new$/m);
    expect(cached.stderr).toMatch(/^finish reason +max_new_tokens$/m);
    expect(cached.stderr).toMatch(/^prefill +4 in [\d.]+ ms, [\d,]+ tokens\/s$/m);
    expect(cached.stderr).toMatch(/^decode +9 in [\d.]+ ms, [\d,]+ tokens\/s$/m);
    expect(cached.stderr).toMatch(/^token steps +13$/m);
    expect(naive.stderr).toMatch(/^token steps +85$/m);
  });

  test("prints words if the model has words, and stops at the context limit", async () => {
    const { stdout, stderr } = await causalgate(["generate", "tiny", "the", "cat", "sat"]);
    expect(stdout).toMatch(/^the cat sat( [a-z]+){30}\n$/);
    expect(stderr).toMatch(/^finish reason +length_limit$/m);
  });

  test("accepts every sampling option", async () => {
    const say = (...options: string[]) => output("generate", "tiny", "the", "cat", ...options);
    const greedy = await say("--greedy");
    expect(await say("--min-p", "1", "--seed", "3")).toBe(greedy);
    for (const penalty of ["--repetition-penalty", "--frequency-penalty", "--presence-penalty"]) {
      expect(await say("--greedy", penalty, "5"), penalty).not.toBe(greedy);
    }
  });

  test("stops at the token that ends the text", async () => {
    const prompt = ["generate", "demo", "--tokens", "3", "--greedy"];
    const id = (await output(...prompt, "--max-new-tokens", "1")).trim().split(" ")[1];
    expect(await output(...prompt, "--eos", id)).toBe(`3 ${id}\n`);
  });

  const endless = ["generate", "tiny-long", "--tokens", "1", "--max-new-tokens", "9000"];

  test("ends after the current token on Ctrl-C, with the text so far", async () => {
    const { code, stdout, stderr } = await causalgate(endless, (child) => child.kill("SIGINT"));
    expect(code).toBe(130);
    expect(stdout).toMatch(/^1( \d+)+\n$/);
    expect(stderr).toMatch(/^finish reason +interrupted$/m);
  });

  test("ends silently if its output is closed", async () => {
    const { code, stderr } = await causalgate(endless, (child) => child.stdout?.destroy());
    expect(code).toBe(141);
    expect(stderr).toBe("tiny-long: random weights of seed 42, not trained\n");
  });
});

describe("cost", () => {
  const json = async (...parameters: string[]) =>
    JSON.parse(await output("cost", ...parameters, "--format", "json"));

  test("reproduces the assignment, and names every difference", async () => {
    const assumed = ["--model", "llama-3-8b", "--assumptions", "assignment"];
    const differences = await json("parameters", ...assumed);
    expect(differences.at(-1)).toMatchObject({ parameters: 6_430_916_608 });
    const sizing = await json("batch", ...assumed, "--tp", "1,2");
    expect(sizing.map((row: Record<string, unknown>) => row.max_batch)).toEqual([
      520, 136, 1160, 296,
    ]);
    const intensity = await json("intensity", ...assumed, "--batch", "1,100");
    expect(intensity.map((row: { ai: number }) => Number(row.ai.toFixed(5)))).toEqual([
      56.88889, 0.98367, 0.98367,
    ]);
  });

  test("sizes a tensor-parallel group, and names the reason if it is impossible", async () => {
    const group = ["--tp", "1,3,16", "--context", "4096", "--block-tokens", "16"];
    const device = ["--memory-unit", "GiB", "--utilization", "0.9", "--reserve", `${2 * 2 ** 30}`];
    const rows = await json("batch", "--model", "llama-3-8b", ...group, ...device);
    expect(rows.map((row: Record<string, unknown>) => [row.max_batch, row.limiting_term])).toEqual([
      [110, "kv_cache"],
      [null, null],
      [1104, "kv_replication"],
    ]);
    expect(rows[1].status).toMatch(/^cannot split: numAttentionHeads 32 /);
  });

  test("prints the other tables, for several models", async () => {
    const models = ["--model", "llama-2-7b", "demo"];
    const flops = await json("flops", ...models, "--context", "10", "--new-tokens", "10");
    expect(flops).toHaveLength(8);
    expect(flops[0]).toMatchObject({ phase: "prefill", total_exact_causal: 129_811_087_360 });
    const [step] = await json("roofline", ...models, "--device", "h100-sxm", "--batch", "8");
    expect(step).toMatchObject({ device: "h100-sxm", level: "step", batch: 8, bound: "compute" });
  });

  test("treats a custom device like one with a data sheet", async () => {
    const model = ["roofline", "--model", "demo"];
    const [named] = await json(...model, "--device", "h100-sxm");
    const { peak_flops: peak, bw_bytes_s: bandwidth } = named;
    const given = ["--peak-flops", `${peak}`, "--bandwidth", `${bandwidth}`];
    const [own] = await json(...model, ...given);
    expect(own).toEqual({ ...named, device: "given", roof_source: "given" });
  });

  test("prints the cells that all rows share only once", async () => {
    const text = await output("cost", "memory", "--model", "llama-3-8b", "--context", "1024");
    expect(text).toMatch(/^model +llama-3-8b\n/);
    expect(text).toMatch(/^│ prefill │ +weights │ +16,060,522,496 │$/m);
  });

  test("needs only the config.json of a folder", async () => {
    const config = {
      model_type: "gpt2",
      vocab_size: 7,
      n_embd: 4,
      n_layer: 1,
      n_head: 2,
      n_positions: 8,
    };
    await writeFile(join(scratch, "config.json"), JSON.stringify(config));
    const text = await output("cost", "parameters", "--model", scratch, "--format", "csv");
    const total = csvRows(text).find((row) => row.component === "total");
    expect(total?.count).toBe("312");
  });
});

describe("assignment", () => {
  const passed = "  Num test cases: 10\n  All tests passed: True\n  Pass rate: 100.00% (10/10)\n";

  test("evaluates without a cache, and with", async () => {
    const alone = await output("assignment", "--mode", "evaluate");
    expect(alone).toContain(`Evaluation Results:\n${passed}  no cache: largest error `);
    const cached = await output("assignment", "--kv_evaluate");
    expect(cached).toContain(passed);
    expect(cached).toMatch(/^ {2}with cache: .*, bit for bit as no cache$/m);
    expect(cached).toMatch(/^ {2}token by token: .*, bit for bit as no cache$/m);
  });

  test("times prompts that fit into the context, and names the others", async () => {
    const options = ["--repeats", "2", "--new-tokens", "2", "--report", scratch];
    const text = await output("assignment", "--mode", "benchmark", ...options);
    expect(text).toContain("seq_len 500: 500 + 2 - 1 tokens exceed max_seq_len (128)\n");
    const read = (file: string) => readFile(join(scratch, "assignment", file), "utf8");
    const latency = csvRows(await read("latency.csv"));
    expect(Object.keys(latency[0])).toEqual(Object.keys(latencyTable.columns));
    const { results } = JSON.parse(await read("benchmark_results.json"));
    const statuses = results.map((row: Record<string, unknown>) => [row.seq_len, row.status]);
    expect(statuses).toEqual([
      [10, "ok"],
      [50, "ok"],
      [100, "ok"],
      [500, "too_long"],
      [1000, "too_long"],
    ]);
    for (const { without_cache, with_cache, speedup } of results.slice(0, 3)) {
      expect(without_cache.samples).toBe(2);
      expect(speedup).toBeCloseTo(without_cache.median_s / with_cache.median_s, 1);
    }
    const ratios = csvRows(await read("ratios.csv"));
    expect(Object.keys(ratios[0])).toEqual(Object.keys(ratiosTable.columns));
    const { sha256 } = JSON.parse(await read("run.json")).runs[0];
    const tables = ["samples.csv", "latency.csv", "ratios.csv"];
    expect(Object.keys(sha256)).toEqual([...tables, "benchmark_results.json"]);
  });
});

describe("wrong usage ends with exit code 2 and a reason", () => {
  test.concurrent.for([
    ["nosuch", "unknown command 'nosuch'"],
    ["summary nosuch", 'a path, or a name that "causalgate summary" lists, got "nosuch"'],
    ["trace demo --tokens 256", "a token id must be an integer in [0, 256), got 256"],
    [
      "cost roofline --model demo --bandwidth 6e9",
      "roofline: --peak-flops and --bandwidth must come together, got --bandwidth",
    ],
    ["generate demo", "demo: there must be a prompt, as text or as --tokens, got none"],
    ["generate assignment hi", "the prompt must be --tokens, as there is no tokenizer, got text"],
    ["generate demo hi --tokens 3", "the prompt must be words or --tokens, got both"],
    ["generate demo --tokens 3,x", 'must be an integer of at least 0, got "x"'],
    ["generate demo hi --total-length 1", "at least the 2 tokens of the prompt, got 1"],
    ["generate demo hi --eos 256", "demo: --eos must be in [0, 256), got 256"],
    ["generate llama-2-7b --tokens 1", "2,000,000,000 bytes as float64, got 53,907,324,928"],
    ["cost flops", "required option '--model <MODEL...>' not specified"],
    ["cost flops --model demo --context 0", 'must be an integer of at least 1, got "0"'],
    ["cost flops --model demo --context 2049", "hold at most 2048 tokens, got 2049"],
    ["cost roofline --model demo --device abacus", "Allowed choices are a100-80gb-sxm, "],
    ["assignment --evaluate --kv_evaluate", "one mode must be given, got evaluate and kv_evaluate"],
  ])("causalgate %s", async ([line, message]) => {
    const { code, stdout, stderr } = await causalgate(line.split(" "));
    expect(stderr).toContain(message);
    expect(stdout).toBe("");
    expect(code).toBe(2);
  });
});

describe("help", () => {
  const cost = costCommand();
  const commands = [summaryCommand(), traceCommand(), generateCommand(), assignmentCommand(), cost];
  for (const command of [...commands, ...cost.commands]) {
    test(`of ${command.name()} has a description and an example`, () => {
      let text = "";
      const writeOut = (part: string) => {
        text += part;
      };
      command.configureOutput({ writeOut }).outputHelp();
      expect(text).toContain(`\n${command.description().slice(0, 60)}`);
      expect(text).toMatch(/\nExamples:\n {2}# .+\n {2}causalgate /);
      expect(text).toMatch(new RegExp(`causalgate .*${command.name()} `));
    });
  }
});
