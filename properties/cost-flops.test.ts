import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { configs } from "../src/arbitraries/configs.ts";
import {
  decodeFlops,
  generationFlops,
  operations,
  passFlops,
  prefillFlops,
  sumFlops,
} from "../src/cost/flops.ts";
import { tokenSteps } from "../src/cost/generation.ts";
import { blockMatrixParameters, matrixParameters } from "../src/cost/parameters.ts";
import { namedModel } from "../src/model/named/registry.ts";
import { passGolden } from "./cost-golden.ts";
import { property } from "./support.ts";

const llama2 = namedModel("llama-2-7b").config;
const llama3 = namedModel("llama-3-8b").config;
const mistral = namedModel("mistral-7b").config;

const length = fc.integer({ min: 1, max: 24 });
const held = fc.integer({ min: 0, max: 24 });
const attention = fc.constantFrom("causal" as const, "dense" as const);

describe("FLOPs of a full forward pass, logits of the last position", () => {
  test.each(passGolden)("of Llama 2 7B, Llama 3 8B and Mistral 7B: $figures", ({ figures }) => {
    const [n, ...expected] = figures;
    const flops = [llama2, llama3, mistral].map((config) => prefillFlops(config, Number(n)));
    expect(flops).toEqual(expected);
  });

  test("only at n = 1000 Llama 2's dense count equals causal attention with all logits", () => {
    const dense = (n: number) => prefillFlops(llama2, n, { attention: "dense" });
    const allLogits = (n: number) => passFlops(llama2, { newTokens: n, headRows: n });
    expect(dense(1000)).toBe(allLogits(1000));
    for (const n of [10, 50, 100, 500]) expect(dense(n)).not.toBe(allLogits(n));
  });

  property(
    "follows the published formula: linear + exact causal attention + one row of the head",
    fc.tuple(configs(), length),
    ([base, n]) => {
      const config = { ...base, slidingWindow: null };
      const { numHiddenLayers: L, numAttentionHeads: N, headDim: H } = config;
      const linear = 2n * BigInt(n) * blockMatrixParameters(config);
      const attended = BigInt(2 * L * N * H * n * (n + 1));
      const head = BigInt(2 * config.hiddenSize * config.vocabSize);
      expect(prefillFlops(config, n)).toBe(linear + attended + head);
    },
  );

  property(
    "counts the pairs that a mask allows, one by one",
    fc.tuple(configs(), length, held),
    ([config, newTokens, heldTokens]) => {
      let pairs = 0;
      for (let query = heldTokens; query < heldTokens + newTokens; query++) {
        for (let key = 0; key <= query; key++) {
          if (config.slidingWindow === null || query - key < config.slidingWindow) pairs++;
        }
      }
      const { numHiddenLayers: L, numAttentionHeads: N, headDim: H } = config;
      const rows = operations(config, { newTokens, heldTokens });
      for (const operation of ["scores", "mix"]) {
        const row = rows.find((candidate) => candidate.operation === operation);
        expect(row?.flops).toBe(BigInt(2 * L * N * H * pairs));
      }
    },
  );
});

describe("the rows of a pass", () => {
  property(
    "sum to its total, in the order of a forward pass",
    fc.tuple(configs(), length, held, attention),
    ([config, newTokens, heldTokens, kind]) => {
      const pass = { newTokens, heldTokens };
      const rows = operations(config, pass, { attention: kind });
      expect(sumFlops(rows)).toBe(passFlops(config, pass, { attention: kind }));
      const gate = config.feedForward === "swiglu" ? ["gate_proj"] : [];
      const names = ["q_proj", "k_proj", "v_proj", "scores", "mix", "o_proj"];
      expect(rows.map(({ operation }) => operation)).toEqual([
        ...names,
        ...gate,
        "up_proj",
        "down_proj",
        "lm_head",
      ]);
    },
  );

  property(
    "of the matrices cost two FLOPs for every weight and token, tied or not, biased or not",
    fc.tuple(configs(), length),
    ([config, n]) => {
      const rows = operations(config, { newTokens: n, headRows: n });
      const matrices = rows.filter(({ operation }) => !["scores", "mix"].includes(operation));
      expect(sumFlops(matrices)).toBe(2n * BigInt(n) * matrixParameters(config));
    },
  );

  property(
    "of the head are 0 if no logits are requested",
    fc.tuple(configs(), length),
    ([config, newTokens]) => {
      const rows = operations(config, { newTokens, headRows: 0 });
      expect(rows.at(-1)).toEqual({ operation: "lm_head", flops: 0n });
    },
  );
});

describe("FLOPs of a decode step", () => {
  property(
    "grow by 4 L N H a key, and stop growing at the window",
    fc.tuple(configs(), length),
    ([config, context]) => {
      const { numHiddenLayers: L, numAttentionHeads: N, headDim: H, slidingWindow } = config;
      const growth = decodeFlops(config, context + 1) - decodeFlops(config, context);
      const full = slidingWindow !== null && context >= slidingWindow;
      expect(growth).toBe(full ? 0n : BigInt(4 * L * N * H));
    },
  );

  test("of Llama 2 7B grow by 524,288 a token, naive ones by twice that more each time", () => {
    expect(decodeFlops(llama2, 51) - decodeFlops(llama2, 50)).toBe(524_288n);
    const step = (i: number) => prefillFlops(llama2, 50 + i, { attention: "dense" });
    const increment = (i: number) => step(i + 1) - step(i);
    for (const i of [0, 49, 98]) expect(increment(i + 1) - increment(i)).toBe(2n * 524_288n);
  });

  property(
    "do not depend on the number of key-value heads, except for k_proj and v_proj",
    fc.tuple(configs(), length),
    ([config, context]) => {
      const pass = { newTokens: 1, heldTokens: context };
      const grouped = operations({ ...config, numKeyValueHeads: 1 }, pass);
      for (const [i, { operation, flops }] of operations(config, pass).entries()) {
        const expected = ["k_proj", "v_proj"].includes(operation)
          ? grouped[i].flops * BigInt(config.numKeyValueHeads)
          : grouped[i].flops;
        expect(flops).toBe(expected);
      }
    },
  );

  test("of Llama 2 7B: square attention costs as much as all matrices at 25,204 tokens", () => {
    const rows = operations(
      llama2,
      { newTokens: 25_204, headRows: 25_204 },
      { attention: "dense" },
    );
    const attention = rows.filter(({ operation }) => ["scores", "mix"].includes(operation));
    expect(2n * sumFlops(attention)).toBe(sumFlops(rows));
  });

  test("are half attention at 24,704 keys (Llama 2 7B) and at 26,624 (Llama 3 8B)", () => {
    for (const [config, keys] of [
      [llama2, 24_704],
      [llama3, 26_624],
    ] as const) {
      const { numHiddenLayers: L, numAttentionHeads: N, headDim: H } = config;
      const linear = 2n * blockMatrixParameters(config);
      expect(BigInt(4 * L * N * H * keys)).toBe(linear);
    }
  });
});

describe("bad input", () => {
  test.each([
    [
      () => passFlops(llama2, { newTokens: 0 }),
      "pass: newTokens must be an integer of at least 1, got 0",
    ],
    [() => passFlops(llama2, { newTokens: 1.5 }), "got 1.5"],
    [
      () => passFlops(llama2, { newTokens: 1, heldTokens: -1 }),
      "pass: heldTokens must be an integer of at least 0, got -1",
    ],
    [
      () => passFlops(llama2, { newTokens: 3, headRows: 4 }),
      "pass: headRows must be an integer from 0 to 3, got 4",
    ],
    [() => decodeFlops(llama2, 0), "decodeFlops: context must be an integer of at least 1, got 0"],
    [
      () => generationFlops(llama2, { promptLength: 0, newTokens: 1, mode: "naive" }),
      "generation: promptLength must be",
    ],
    [
      () => tokenSteps({ promptLength: 1, newTokens: 0, mode: "naive" }),
      "tokenSteps: newTokens must be",
    ],
    [() => tokenSteps({ promptLength: Number.NaN, newTokens: 1, mode: "naive" }), "got NaN"],
  ])("is refused by name (%#)", (call, message) => {
    expect(call).toThrow(message);
  });
});
