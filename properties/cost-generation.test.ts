import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { configs } from "../src/arbitraries/configs.ts";
import {
  generationFlops,
  generationOperations,
  passFlops,
  prefillFlops,
  sumFlops,
} from "../src/cost/flops.ts";
import {
  type CacheMode,
  type GenerationShape,
  type StepConvention,
  tokenSteps,
} from "../src/cost/generation.ts";
import { generationWork } from "../src/cost/work.ts";
import { modelConfig } from "../src/model/config.ts";
import { namedModel } from "../src/model/named/registry.ts";
import { causalGolden, generationGolden, squareGolden, stepGolden } from "./cost-golden.ts";
import { property } from "./support.ts";

const llama2 = namedModel("llama-2-7b").config;

const length = fc.integer({ min: 1, max: 24 });
const generations = fc.record({
  promptLength: length,
  newTokens: length,
  mode: fc.constantFrom<CacheMode>("naive", "cached"),
  head: fc.constantFrom("last" as const, "all" as const),
});
const attention = fc.constantFrom("causal" as const, "dense" as const);
const runs = fc.tuple(configs(), generations, fc.record({ attention }));

/** The passes of a generation, as the loop of a generator runs them. */
function passes({ promptLength: P, newTokens: n, mode, head }: GenerationShape) {
  return Array.from({ length: n }, (_, i) => {
    const newTokens = mode === "naive" ? P + i : i === 0 ? P : 1;
    const heldTokens = mode === "naive" || i === 0 ? 0 : P + i - 1;
    return { newTokens, heldTokens, headRows: head === "all" ? newTokens : 1 };
  });
}

describe("FLOPs of a generation", () => {
  test.each(generationGolden)("$names after a prompt of 10: $figures", ({ names, figures }) => {
    const { config } = namedModel(names[0]);
    const [newTokens, cached, naive] = figures;
    const flops = (mode: CacheMode) =>
      generationFlops(config, { promptLength: 10, newTokens: Number(newTokens), mode });
    expect(flops("cached")).toBe(cached);
    expect(flops("naive")).toBe(naive);
  });

  test.each(squareGolden)("$names, square attention: $figures", ({ names, figures }) => {
    const [promptLength, newTokens] = figures.map(Number);
    const { config } = namedModel(names[0]);
    const flops = (mode: CacheMode) => {
      const generation = { promptLength, newTokens, mode, head: "all" } as const;
      return generationFlops(config, generation, { attention: "dense" });
    };
    expect([flops("naive"), flops("cached")]).toEqual(figures.slice(2));
  });

  test.each(causalGolden)("$names, causal attention: $figures", ({ names, figures }) => {
    const [promptLength, newTokens] = figures.map(Number);
    const { config } = namedModel(names[0]);
    const flops = (mode: CacheMode, head: "all" | "last") =>
      generationFlops(config, { promptLength, newTokens, mode, head });
    expect([
      flops("naive", "all"),
      flops("cached", "all"),
      flops("naive", "last"),
      flops("cached", "last"),
    ]).toEqual(figures.slice(2));
  });

  test("a loop that is one token longer in both modes costs 67.07 times as much without a cache", () => {
    const [P, n] = [50, 100];
    const flops = (promptLength: number, newTokens: number, mode: CacheMode) =>
      Number(
        generationFlops(
          llama2,
          { promptLength, newTokens, mode, head: "all" },
          { attention: "dense" },
        ),
      );
    expect(flops(P + 1, n, "naive")).toBeCloseTo(1.3338e14, -10);
    expect(flops(P, n + 1, "cached")).toBeCloseTo(1.9887e12, -8);
    expect(flops(P + 1, n, "naive") / flops(P, n + 1, "cached")).toBeCloseTo(67.07, 2);
  });

  property("in closed form is the sum over its passes", runs, ([config, generation, options]) => {
    const loop = passes(generation).reduce((s, pass) => s + passFlops(config, pass, options), 0n);
    expect(generationFlops(config, generation, options)).toBe(loop);
  });

  property(
    "cached, is one causal pass over P + n - 1 tokens with n rows of the head",
    fc.tuple(configs(), generations),
    ([config, { promptLength, newTokens }]) => {
      const once = { newTokens: promptLength + newTokens - 1, headRows: newTokens };
      const cached = { promptLength, newTokens, mode: "cached" } as const;
      expect(generationFlops(config, cached)).toBe(passFlops(config, once));
    },
  );

  property(
    "naive costs more than cached, and the same for one token",
    fc.tuple(configs(), generations),
    ([config, generation]) => {
      const naive = generationFlops(config, { ...generation, mode: "naive" });
      const cached = generationFlops(config, { ...generation, mode: "cached" });
      if (generation.newTokens === 1) expect(naive).toBe(cached);
      else expect(naive > cached).toBe(true);
    },
  );

  property("is the sum of its rows", runs, ([config, generation, options]) => {
    const rows = generationOperations(config, generation, options);
    expect(generationFlops(config, generation, options)).toBe(sumFlops(rows));
  });

  property("grows with every length", runs, ([config, generation, options]) => {
    const flops = (change: Partial<GenerationShape>) =>
      generationFlops(config, { ...generation, ...change }, options);
    expect(flops({ newTokens: generation.newTokens + 1 }) > flops({})).toBe(true);
    expect(flops({ promptLength: generation.promptLength + 1 }) > flops({})).toBe(true);
  });

  test("naive attention is cubic in n and cached is quadratic: exponents 3 and 2 at length", () => {
    const scores = (newTokens: number, mode: CacheMode) =>
      Number(
        generationOperations(llama2, { promptLength: 4, newTokens, mode }).find(
          ({ operation }) => operation === "scores",
        )!.flops,
      );
    const exponent = (mode: CacheMode) => Math.log2(scores(2 ** 21, mode) / scores(2 ** 20, mode));
    expect(exponent("naive")).toBeCloseTo(3, 4);
    expect(exponent("cached")).toBeCloseTo(2, 4);
  });
});

describe("growth over the benchmark's grid, not an ideal 1, 2 or 3", () => {
  const small = modelConfig({
    vocabSize: 256,
    hiddenSize: 64,
    intermediateSize: 256,
    numHiddenLayers: 4,
    numAttentionHeads: 4,
    maxPositionEmbeddings: 1024,
  });
  const lengths = [10, 50, 100, 500, 1000];
  const counts = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100];
  const grid = counts.map((tens) => 10 * tens);

  /** The slope of the least-squares line through `(ln x, ln cost(x))`. */
  function slope(xs: number[], cost: (x: number) => bigint): number {
    const [us, vs] = [xs.map(Math.log), xs.map((x) => Math.log(Number(cost(x))))];
    const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    const [u, v] = [mean(us), mean(vs)];
    const covariance = mean(us.map((x, i) => (x - u) * (vs[i] - v)));
    return covariance / mean(us.map((x) => (x - u) ** 2));
  }

  test.each([
    ["Llama 2 7B", llama2, 1.004, 0.909, 1.832],
    ["a tiny model", small, 1.141, 1.053, 1.939],
  ])("%s", (_, config, forward, cached, naive) => {
    const generation = (mode: CacheMode) => (newTokens: number) =>
      generationFlops(config, { promptLength: 10, newTokens, mode });
    expect(slope(lengths, (n) => prefillFlops(config, n))).toBeCloseTo(forward, 3);
    expect(slope(grid, generation("cached"))).toBeCloseTo(cached, 3);
    expect(slope(grid, generation("naive"))).toBeCloseTo(naive, 3);
  });
});

describe("token-steps", () => {
  test.each(stepGolden)("in every convention: $figures", ({ figures }) => {
    const [promptLength, newTokens] = figures.map(Number);
    const steps = (mode: CacheMode, convention?: StepConvention) =>
      tokenSteps({ promptLength, newTokens, mode }, convention);
    const [naive, naiveAllSampled, cached, cachedWithLast] = figures.slice(2);
    expect(steps("naive")).toBe(naive);
    expect(steps("naive", "last-sampled")).toBe(naive);
    expect(steps("naive", "all-sampled")).toBe(naiveAllSampled);
    expect(steps("cached")).toBe(cached);
    expect(steps("cached", "last-sampled")).toBe(cachedWithLast);
    expect(steps("cached", "all-sampled")).toBe(cachedWithLast);
  });

  property("are the tokens of the passes that the loop runs", runs, ([config, generation]) => {
    const loop = passes(generation).reduce((sum, { newTokens }) => sum + newTokens, 0);
    expect(tokenSteps(generation)).toBe(BigInt(loop));
    expect(generationWork(config, generation).tokens).toBe(BigInt(loop));
  });

  test("saved by a cache grow in proportion to n: the ratio tends to n / 2", () => {
    const ratio = (newTokens: number) => {
      const steps = (mode: CacheMode) => Number(tokenSteps({ promptLength: 4, newTokens, mode }));
      return steps("naive") / steps("cached");
    };
    expect([1, 10, 100, 1000].map((n) => ratio(n).toFixed(2))).toEqual([
      "1.00",
      "6.54",
      "51.94",
      "501.99",
    ]);
    expect(ratio(10 ** 6) / 10 ** 6).toBeCloseTo(0.5, 5);
  });

  test("the 50th token after a prompt of 100 costs 149 of them without a cache", () => {
    const steps = (newTokens: number) =>
      tokenSteps({ promptLength: 100, newTokens, mode: "naive" });
    expect(steps(50) - steps(49)).toBe(149n);
  });
});
