import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { architectureText } from "../src/cost/architecture.ts";
import { share } from "../src/cost/parameters.ts";
import { summary } from "../src/cost/summary.ts";
import { summaryText } from "../src/cost/summary-table.ts";
import { type ModelConfig, modelConfig } from "../src/model/config.ts";
import { namedModel, namedModels } from "../src/model/named/registry.ts";
import { countParameters, initWeights } from "../src/model/weights.ts";
import { shapeTraceText, traceShapes } from "../src/reference/trace.ts";
import { modelsText } from "../src/report/models-table.ts";
import { property } from "./support.ts";

const config = (name: string) => namedModel(name).config;
const model = (config: ModelConfig) => ({ name: "test", config, weights: initWeights(config, 42) });
const add = (numbers: bigint[]) => numbers.reduce((a, b) => a + b, 0n);

/** Small models of every kind, with independent sizes. */
const configs: fc.Arbitrary<ModelConfig> = fc
  .record({
    vocabSize: fc.integer({ min: 1, max: 9 }),
    hiddenSize: fc.integer({ min: 1, max: 6 }),
    intermediateSize: fc.integer({ min: 1, max: 7 }),
    numHiddenLayers: fc.integer({ min: 1, max: 3 }),
    numKeyValueHeads: fc.integer({ min: 1, max: 2 }),
    groupSize: fc.integer({ min: 1, max: 3 }),
    headDim: fc.constantFrom(2, 4),
    maxPositionEmbeddings: fc.integer({ min: 4, max: 8 }),
    norm: fc.constantFrom("rmsnorm" as const, "layernorm" as const),
    finalNorm: fc.boolean(),
    qkNorm: fc.boolean(),
    positions: fc.constantFrom("rope" as const, "learned" as const, "none" as const),
    feedForward: fc.constantFrom("swiglu" as const, "relu" as const),
    attentionBias: fc.boolean(),
    attentionOutputBias: fc.boolean(),
    mlpBias: fc.boolean(),
    lmHeadBias: fc.boolean(),
    tieWordEmbeddings: fc.boolean(),
  })
  .map(({ groupSize, ...sizes }) =>
    modelConfig({ ...sizes, numAttentionHeads: groupSize * sizes.numKeyValueHeads }),
  );

function expectWhole(rows: readonly { share: number }[]): void {
  expect(rows.reduce((sum, row) => sum + row.share, 0)).toBeCloseTo(1, 12);
}

describe("summary", () => {
  property("its rows sum to the total, their shares to 1", configs, (config) => {
    const { tensors, layers, block, total } = summary(config);
    expect(add(tensors.map(({ count }) => count))).toBe(total);
    expect(add(layers.map(({ parameters }) => parameters))).toBe(total);
    for (const { copies, each, parameters } of layers) {
      expect(parameters).toBe(each * BigInt(copies));
    }
    const blockLayer = layers.find(({ layer }) => layer === "block")!;
    expect(blockLayer.copies).toBe(config.numHiddenLayers);
    expect(add(block.map(({ parameters }) => parameters))).toBe(blockLayer.each);
    for (const rows of [tensors, layers, block]) expectWhole(rows);
  });

  property("it lists the tensors of a built model", configs, (config) => {
    const { tensors, total } = summary(config);
    const { weights } = model(config);
    const listed = tensors
      .filter(({ tiedTo }) => tiedTo === null)
      .flatMap(({ component, copies, shape }) =>
        Array.from({ length: copies }, (_, l) => `${component.replace("*", `${l}`)} [${shape}]`),
      );
    expect(listed.toSorted()).toEqual(
      weights.tensors.map((t) => `${t.name} [${t.shape}]`).toSorted(),
    );
    expect(total).toBe(BigInt(countParameters(weights)));
  });

  property("tying saves V D, and the total is that of the configuration", configs, (config) => {
    const { total, tied, untied } = summary(config);
    expect(untied - tied).toBe(BigInt(config.vocabSize * config.hiddenSize));
    expect(total).toBe(config.tieWordEmbeddings ? tied : untied);
  });

  test("the rows of large models sum to their totals, too", () => {
    for (const { config } of namedModels) {
      const { tensors, layers, total } = summary(config);
      expect(add(tensors.map(({ count }) => count))).toBe(total);
      expect(add(layers.map(({ parameters }) => parameters))).toBe(total);
      expectWhole(tensors);
      expectWhole(layers);
    }
  });

  test.each([
    ["demo", { attention: 12_288n, feedForward: 33_024n, norms: 128n }, 107_328n, 123_712n],
    ["assignment", { attention: 10_050n, feedForward: 10_150n, norms: 200n }, 98_300n, 148_300n],
    ["tiny", { attention: 16_640n, feedForward: 16_576n, norms: 256n }, 103_872n, 105_152n],
    [
      "llama-2-7b",
      { attention: 67_108_864n, feedForward: 135_266_304n, norms: 8192n },
      6_607_343_616n,
      6_738_415_616n,
    ],
    [
      "llama-3-8b",
      { attention: 41_943_040n, feedForward: 176_160_768n, norms: 8192n },
      7_504_924_672n,
      8_030_261_248n,
    ],
    [
      "mistral-7b",
      { attention: 41_943_040n, feedForward: 176_160_768n, norms: 8192n },
      7_110_660_096n,
      7_241_732_096n,
    ],
  ])("one block of %s, and its totals, tied and untied", (name, block, tied, untied) => {
    const counted = summary(config(name));
    expect(counted.block.map(({ parameters }) => parameters)).toEqual(Object.values(block));
    expect([counted.tied, counted.untied]).toEqual([tied, untied]);
  });

  test.each([
    ["demo", 84.68, 72.68],
    ["llama-2-7b", 96.11, 66.84],
    ["llama-3-8b", 86.92, 80.77],
    ["mistral-7b", 96.38, 80.77],
  ])("%s: blocks hold %d %%, feed-forwards %d %% of a block", (name, blocks, feedForward) => {
    const { layers, block, untied } = summary(config(name));
    const row = layers.find(({ layer }) => layer === "block")!;
    expect(100 * row.share).toBeCloseTo(blocks, 2);
    expect(100 * block[1].share).toBeCloseTo(feedForward, 2);
    // "Blocks are more than 86 %" holds of the three large models, and not of the demo.
    expect(share(row.parameters, untied) > 0.86).toBe(name !== "demo");
  });
});

describe("summary text", () => {
  test("the architecture is printed in the letters of the shapes", () => {
    expect(architectureText(config("demo"))).toBe(
      [
        "CausalLM(",
        "  embedding: [V=256, D=64]",
        "  positions: RoPE(theta=10000)",
        "  blocks: L=2 x TransformerBlock(",
        "    D=64, N=4, K=2, H=16, F=172",
        "    RMSNorm, SwiGLU",
        "  )",
        "  final_norm: RMSNorm(64)",
        "  head: the embedding, transposed (weight tying)",
        ")",
      ].join("\n"),
    );
  });

  test("the architecture names features that Llama does not have", () => {
    const assignment = architectureText(config("assignment"));
    expect(assignment).toContain("positions: [P=128, D=50]\n");
    expect(assignment).toContain("LayerNorm, ReLU, biases of o, mlp\n");
    expect(assignment).toContain("head: [D=50, V=1000] + bias [1000]\n");
    expect(architectureText(config("qwen3-0.6b"))).toContain("norms of q and k");
    expect(architectureText(config("mistral-7b"))).toContain("window 4096");
    expect(architectureText(config("llama-3.2-1b"))).toContain("theta=500000, llama3 x32");
    expect(architectureText({ ...config("demo"), finalNorm: false })).not.toContain("final_norm");
  });

  test("both totals are printed, and the one of the other kind of head is called hypothetical", () => {
    const [demo, llama] = ["demo", "llama-2-7b"].map((name) => summaryText(config(name)));
    expect(demo).toMatch(
      /^tied: 107,328 parameters\nuntied \(hypothetical\): 123,712 parameters$/m,
    );
    expect(demo).toContain("tying saves V * D = 16,384");
    expect(llama).toContain(
      "tied (hypothetical): 6,607,343,616 parameters\nuntied: 6,738,415,616 ",
    );
    expect(llama).toContain("tying would save V * D = 131,072,000");
  });

  test("its three tables have heads and a sum", () => {
    const rows = summaryText(config("tiny"))
      .split("\n")
      .filter((line) => line.startsWith("│"))
      .map((line) =>
        line
          .slice(1, -1)
          .split("│")
          .map((cell) => cell.trim()),
      );
    expect(rows.filter(([, cell]) => /^[a-z]+$/.test(cell))).toEqual([
      ["layer", "parameters", "share"],
      ["part of one block", "parameters", "share"],
      ["tensor", "shape", "parameters", "share"],
    ]);
    const sums = rows.filter((row) => row.at(-1) === "100.00 %");
    expect(sums.map(([name]) => name)).toEqual(["total", "block", "total"]);
  });

  test("every layer and every tensor has a line, with its parameters", () => {
    const text = summaryText(config("tiny"));
    expect(text).toMatch(/│ block \(3 x 33,472\) +│ +100,416 │ +95\.50 % │/);
    expect(text).toMatch(/│ positions +│ +2,048 │/);
    expect(text).toMatch(/│ model\.layers\.\*\.mlp\.up_proj\.bias +│ +3 x \[128\] │ +384 │/);
    expect(text).toMatch(/│ total +│ +105,152 │ 100\.00 % │/);
    expect(summaryText(config("demo"))).toMatch(
      /│ lm_head\.weight +│ +\[256, 64\] │ +0 \(tied\) │/,
    );
  });

  test("the table of models has a line for each", () => {
    const text = modelsText(namedModels);
    expect(text).toMatch(
      /│ llama-3-8b +│ +128,256 │.*│ +32:8 │.*│ +own │ +8,030,261,248 │ +86\.92 % │/,
    );
    expect(text.split("\n")).toHaveLength(namedModels.length + 4);
  });
});

describe("shape trace", () => {
  const tokens = [3, 7, 11, 15, 0, 255, 42, 42, 9, 1];
  const demo = model(config("demo"));

  test("ten tokens through the demo have seven shapes", () => {
    expect(shapeTraceText(traceShapes(demo, [tokens]))).toBe(
      [
        "Token IDs:         (1, 10)       (B, T)",
        "Embedding:         (1, 10, 64)   (B, T, D)",
        "After block 0:     (1, 10, 64)   (B, T, D)",
        "After block 1:     (1, 10, 64)   (B, T, D)",
        "Final RMSNorm:     (1, 10, 64)   (B, T, D)",
        "Logits:            (1, 10, 256)  (B, T, V)",
        "Next-token probs:  (1, 256)      (B, V)",
      ].join("\n"),
    );
  });

  property(
    "the observed sizes are those of the symbols, in batches too",
    fc.tuple(configs, fc.constantFrom(1, 3), fc.integer({ min: 1, max: 4 })),
    ([config, B, T]) => {
      const batch = Array.from({ length: B }, (_, b) => {
        return Array.from({ length: T }, (_, t) => (b + t) % config.vocabSize);
      });
      const rows = traceShapes(model(config), batch);
      expect(rows).toHaveLength(4 + config.numHiddenLayers + (config.finalNorm ? 1 : 0));
      const sizes: Record<string, number> = { B, T, D: config.hiddenSize, V: config.vocabSize };
      for (const { symbols, shape } of rows) {
        expect(shape).toEqual(symbols.match(/\w/g)!.map((letter) => sizes[letter]));
      }
    },
  );

  test("a batch must be one block of legal tokens, and small", () => {
    const trace = (batch: number[][]) => () => traceShapes(demo, batch);
    expect(trace([])).toThrow("traceShapes: there must be at least one sequence, got 0");
    expect(trace([[1, 2], [3]])).toThrow("traceShapes: every row must be [2], got [1]");
    expect(trace([[256]])).toThrow("append: a token id must be an integer in [0, 256), got 256");
    expect(trace([[]])).toThrow("append: there must be at least one token, got 0");
    const long = Array.from({ length: 2048 }, () => 0);
    expect(trace([long])).toThrow(/a pass must cost at most 1000000000 FLOPs, got \d{10}$/);
  });
});
