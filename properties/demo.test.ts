/** The demo: its tables hold true values of the models, and its text has their numbers. */
import { describe, expect, test } from "vitest";
import { generationFlops } from "../src/cost/flops.ts";
import { intensityRows } from "../src/cost/intensity-table.ts";
import { parameterCount } from "../src/cost/parameters.ts";
import { demoTables } from "../src/courses/decoding-demo/demo.ts";
import { strategies } from "../src/courses/decoding-demo/sampling.ts";
import { demoText } from "../src/courses/decoding-demo/text.ts";
import { forward, forwardStages } from "../src/definition.ts";
import { namedModel } from "../src/model/named/registry.ts";
import { initWeights } from "../src/model/weights.ts";
import { distribution } from "../src/sampling/sample-token.ts";
import { seed } from "./support.ts";

const tables = await demoTables(seed);
const { config } = namedModel("demo");
const weights = initWeights(config, seed);

describe("the tables of the demo", () => {
  test("have seven shapes of ten tokens", () => {
    const shapes = tables.forward.map(({ step, shape }) => `${step} ${shape}`);
    expect(shapes).toEqual([
      "Token IDs 1x10",
      "Embedding 1x10x64",
      "After block 0 1x10x64",
      "After block 1 1x10x64",
      "Final RMSNorm 1x10x64",
      "Logits 1x10x256",
      "Next-token probs 1x256",
    ]);
    expect(tables.forward.map(({ numbers }) => numbers)).toEqual([
      10, 640, 640, 640, 640, 2560, 256,
    ]);
  });

  test("have no difference inside the common prefix, and one at every position after it", () => {
    for (const { in_prefix, token_a, token_b, largest_difference } of tables.causality) {
      expect(in_prefix && token_a !== token_b).toBe(false);
      expect(Object.is(largest_difference, 0)).toBe(in_prefix);
    }
    expect(tables.causality.filter(({ in_prefix }) => in_prefix).length).toBe(3);
  });

  test("have the differences of the definition, within rounding", () => {
    const texts = (["token_a", "token_b"] as const).map((column) =>
      tables.causality.map((row) => row[column]),
    );
    const [a, b] = texts.map((tokens) => forward(config, weights, tokens));
    for (const { position, largest_difference } of tables.causality) {
      const differences = a[position].map((logit, v) => Math.abs(logit - b[position][v]));
      expect(largest_difference).toBeCloseTo(Math.max(...differences), 9);
    }
  });

  test("have attention that sums to 1 in every row and is 0 at later positions", () => {
    const rows = Map.groupBy(tables.attention, ({ query_position }) => query_position);
    for (const [query, row] of rows) {
      const sum = row.reduce((total, { probability }) => total + probability, 0);
      expect(sum).toBeCloseTo(1, 12);
      for (const { key_position, probability } of row) {
        expect(probability > 0).toBe(key_position <= query);
      }
    }
    const { layer, head, query_position, key_position, probability } = tables.attention[17];
    const tokens = tables.causality.map(({ token_a }) => token_a);
    const { layers } = forwardStages(config, weights, tokens);
    expect(layers[layer].attention[head][query_position][key_position]).toBe(probability);
  });

  test("have the distribution of each sampling strategy for the same logits", () => {
    for (const model of Map.groupBy(tables.sampling, (row) => row.model).values()) {
      const ways = Map.groupBy(model, ({ strategy }) => strategy);
      expect([...ways.keys()]).toEqual(Object.keys(strategies));
      for (const [strategy, rows] of ways) {
        const logits = new Float64Array(rows.length);
        for (const { token, logit } of rows) logits[token] = logit;
        const expected = distribution(logits, strategies[strategy]);
        for (const { token, probability } of rows) expect(probability).toBe(expected[token]);
        expect(rows.map(({ rank }) => rank)).toEqual(rows.map((_, i) => i + 1));
        expect(rows.map(({ logit }) => logit)).toEqual([...logits].sort((a, b) => b - a));
      }
    }
  });

  test("count the steps of a generation as its formulas do", () => {
    const last = tables.generation.at(-1)!;
    const { prompt_len: P, step: n } = last;
    expect([P, n]).toEqual([4, 10]);
    expect(last.naive_total).toBe(n * P + (n * (n - 1)) / 2);
    expect(last.cached_total).toBe(P + n - 1);
    expect(last.cached_total_last_sampled).toBe(14);
    expect(last.naive_total_all_sampled).toBe(n * P + (n * (n + 1)) / 2);
    const sum = (column: "naive_tokens" | "cached_tokens") =>
      tables.generation.reduce((total, row) => total + row[column], 0);
    expect(sum("naive_tokens")).toBe(last.naive_total);
    expect(sum("cached_tokens")).toBe(last.cached_total);
  });

  test("price generations and models exactly", () => {
    for (const { prompt_len, gen_len, naive_flops, cached_flops } of tables.generationCost) {
      const generation = { promptLength: prompt_len, newTokens: gen_len };
      expect(naive_flops).toBe(generationFlops(config, { ...generation, mode: "naive" }));
      expect(cached_flops).toBe(generationFlops(config, { ...generation, mode: "cached" }));
    }
    for (const [name, rows] of Map.groupBy(tables.parameters, ({ model }) => model)) {
      const parts = rows.slice(0, -1).reduce((sum, { parameters }) => sum + parameters, 0n);
      expect(rows.at(-1)?.parameters).toBe(parts);
      expect(parts).toBe(parameterCount(namedModel(name).config));
    }
  });

  test("have the intensities of the assignment and of the exact model", () => {
    const at = (phase: string, context: number) =>
      tables.assignmentIntensity.find((row) => row.phase === phase && row.context === context);
    expect(Number(at("prefill", 1024)?.ai).toFixed(2)).toBe("56.89");
    expect(Number(at("decode", 1024)?.ai).toFixed(2)).toBe("0.98");
    const step = tables.intensity.find((row) => row.phase === "decode" && row.batch === 64);
    const bytes = { weightBytesPerElement: 2, kvBytesPerElement: 2, activationBytesPerElement: 2 };
    const pass = {
      phase: "decode",
      context: 1024,
      batch: 64,
      fusion: "streamed",
      ...bytes,
    } as const;
    expect(step).toEqual(intensityRows(namedModel("llama-3-8b"), pass)[0]);
  });
});

describe("the text of the demo", () => {
  test("has a part for each example, with its numbers", () => {
    const text = demoText(tables);
    expect(text.match(/^\d\. .*/gm)?.map((line) => line.slice(0, 12))).toHaveLength(7);
    expect(text).toContain("Of 28 attention probabilities at later positions, 0 differ from 0.");
    expect(text).toContain("In all 85 token-steps without a cache (nP + n(n - 1)/2), 13 with it");
    expect(text).toContain("6,738,415,616");
    expect(text).not.toMatch(/NaN|undefined|null/);
  });
});
