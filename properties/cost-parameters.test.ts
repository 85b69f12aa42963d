import { describe, expect, test } from "vitest";
import { configs } from "../src/arbitraries/configs.ts";
import {
  matrixParameters,
  parameterCount,
  parameterRows,
  parameterSummary,
  share,
} from "../src/cost/parameters.ts";
import {
  assignment,
  assignmentDifferences,
  exact,
} from "../src/courses/two-layer-assignment/assumptions.ts";
import { namedModel } from "../src/model/named/registry.ts";
import { countParameters, initWeights } from "../src/model/weights.ts";
import { blockGolden, parameterGolden } from "./cost-golden.ts";
import { property } from "./support.ts";

const llama2 = namedModel("llama-2-7b").config;
const llama3 = namedModel("llama-3-8b").config;
const mistral = namedModel("mistral-7b").config;

describe("parameters", () => {
  test.each(blockGolden)("of one block of $names: $figures", ({ names, figures }) => {
    const { block } = parameterSummary(namedModel(names[0]).config);
    expect([block.attention, block.feedForward, block.norms, block.total]).toEqual(figures);
  });

  test.each(parameterGolden)("of $names: $figures", ({ names, figures }) => {
    const { blocks, embedding, tied, untied } = parameterSummary(namedModel(names[0]).config);
    expect([blocks, embedding, tied, untied]).toEqual(figures);
  });

  test("of Llama 2 7B, Llama 3 8B and Mistral 7B by formula group", () => {
    expect(matrixParameters(llama2)).toBe(6_607_077_376n);
    expect(matrixParameters(llama3)).toBe(7_504_658_432n);
    expect(matrixParameters(mistral)).toBe(7_110_393_856n);
    const all = [llama2, llama3, mistral].map((config) => {
      const { block, finalNorm, total } = parameterSummary(config);
      return [32n * block.attention, 32n * block.feedForward, 32n * block.norms + finalNorm, total];
    });
    expect(all).toEqual([
      [2_147_483_648n, 4_328_521_728n, 266_240n, 6_738_415_616n],
      [1_342_177_280n, 5_637_144_576n, 266_240n, 8_030_261_248n],
      [1_342_177_280n, 5_637_144_576n, 266_240n, 7_241_732_096n],
    ]);
  });

  property("equal the size of the built weights, tensor by tensor", configs(), (config) => {
    const weights = initWeights(config, 0);
    expect(parameterCount(config)).toBe(BigInt(countParameters(weights)));
    const made = weights.tensors.map(({ name, shape }) => `${name} ${shape}`);
    const counted = parameterRows(config)
      .filter(({ tiedTo }) => tiedTo === null)
      .flatMap(({ component, copies, shape }) =>
        Array.from({ length: copies }, (_, l) => `${component.replace("*", `${l}`)} ${shape}`),
      );
    expect(counted.sort()).toEqual(made.sort());
  });

  property("are the sum of their rows and of their groups", configs(), (config) => {
    const rows = parameterRows(config).reduce((sum, { count }) => sum + count, 0n);
    const { embedding, positions, blocks, finalNorm, lmHead, total } = parameterSummary(config);
    expect(rows).toBe(total);
    expect(embedding + positions + blocks + finalNorm + lmHead).toBe(total);
  });

  property("tied are V D fewer than untied", configs(), (config) => {
    const { tied, untied, total } = parameterSummary(config);
    expect(untied - tied).toBe(BigInt(config.vocabSize * config.hiddenSize));
    expect(total).toBe(config.tieWordEmbeddings ? tied : untied);
  });

  property("only of k and v shrink with the key-value heads", configs(), (config) => {
    const { numKeyValueHeads: K, hiddenSize: D, headDim: H, numHiddenLayers: L } = config;
    const saved = parameterCount(config) - parameterCount({ ...config, numKeyValueHeads: 1 });
    const biases = config.attentionBias ? H : 0;
    expect(saved).toBe(BigInt(2 * L * (K - 1) * (D * H + biases)));
  });
});

describe("shares of parameters", () => {
  const percent = (part: bigint, whole: bigint) => Number((100 * share(part, whole)).toFixed(2));

  test.each([
    ["demo", 84.68, 73.46, 72.68],
    ["llama-2-7b", 98.02, 96.11, 66.84],
    ["llama-3-8b", 93.0, 86.92, 80.77],
    ["mistral-7b", 98.16, 96.38, 80.77],
  ])("of %s: blocks tied and untied, feed-forward of a block", (name, tied, untied, ofBlock) => {
    const { blocks, block, ...summary } = parameterSummary(namedModel(name).config);
    expect(percent(blocks, summary.tied)).toBe(tied);
    expect(percent(blocks, summary.untied)).toBe(untied);
    expect(percent(block.feedForward, block.total)).toBe(ofBlock);
  });

  test("sharing key-value heads alone raises the feed-forward's share to 76.33 %, not to 81 %", () => {
    const { block } = parameterSummary({ ...llama2, numKeyValueHeads: 8 });
    expect(percent(block.feedForward, block.total)).toBe(76.33);
  });

  test("of the embedding: 7.00 % of Llama 3 8B and 1.98 % of Llama 2 7B, both tied", () => {
    const embedding = (summary = parameterSummary(llama2)) =>
      percent(summary.embedding, summary.tied);
    expect(embedding()).toBe(1.98);
    expect(embedding(parameterSummary(llama3))).toBe(7);
  });
});

describe("the parameters of Llama 3 8B under the assignment's assumptions", () => {
  test("are 6,430,916,608, and four reasons explain the difference to the exact count", () => {
    expect(assignment.parameters(llama3)).toBe(6_430_916_608n);
    const reasons = assignmentDifferences(llama3).filter(({ parameters }) => parameters !== 0n);
    expect(reasons).toEqual([
      { difference: "k_proj and v_proj square", parameters: 805_306_368n },
      { difference: "two feed-forward matrices", parameters: -1_879_048_192n },
      { difference: "no output head", parameters: -525_336_576n },
      { difference: "no norms", parameters: -266_240n },
    ]);
  });

  property("differ from the exact ones by the sum of the reasons, in any model", configs(), (c) => {
    const sum = assignmentDifferences(c).reduce((total, { parameters }) => total + parameters, 0n);
    expect(assignment.parameters(c) - exact.parameters(c)).toBe(sum);
  });
});
