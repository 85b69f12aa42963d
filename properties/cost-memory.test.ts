import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { configs } from "../src/arbitraries/configs.ts";
import { maxBatch, type Serving } from "../src/cost/batch.ts";
import {
  activationRows,
  kvBytes,
  kvBytesPerToken,
  peakActivationBytes,
  scoreMatrixBytes,
  weightBytes,
} from "../src/cost/memory.ts";
import { parameterCount } from "../src/cost/parameters.ts";
import { GB, GiB } from "../src/cost/units.ts";
import {
  assignment,
  evenSplitSizing,
  exact,
} from "../src/courses/two-layer-assignment/assumptions.ts";
import { type ModelConfig, modelConfig } from "../src/model/config.ts";
import { namedModel } from "../src/model/named/registry.ts";
import { batchGolden, evenSplitGolden, kvGolden } from "./cost-golden.ts";
import { property } from "./support.ts";

const llama2 = namedModel("llama-2-7b").config;
const llama3 = namedModel("llama-3-8b").config;

describe("the KV cache", () => {
  test.each(kvGolden)("of $names in fp16: $figures bytes", ({ names, figures }) => {
    const { config } = namedModel(names[0]);
    const requests = [1024, 4096, 8192].map((context) => kvBytes(config, context, 2));
    expect([kvBytesPerToken(config, 2), ...requests]).toEqual(figures);
  });

  test("of Mistral 7B stops growing at its window of 4,096", () => {
    const { config } = namedModel("mistral-7b");
    expect(kvBytes(config, 4096, 2)).toBe(536_870_912n);
    expect(kvBytes(config, 8192, 2)).toBe(536_870_912n);
    expect(kvBytes({ ...config, slidingWindow: null }, 8192, 2)).toBe(1_073_741_824n);
  });

  property("shrinks by K / N against one key-value head a query head", configs(), (config) => {
    const { numAttentionHeads: N, numKeyValueHeads: K } = config;
    const full = kvBytesPerToken({ ...config, numKeyValueHeads: N }, 2);
    expect(kvBytesPerToken(config, 2) * BigInt(N)).toBe(full * BigInt(K));
  });
});

describe("weights and activations", () => {
  test("Llama 2 7B weighs 13.477 GB in fp16, and tying would save 262,144,000 bytes", () => {
    expect(weightBytes(llama2, 2)).toBe(13_476_831_232n);
    const tied = weightBytes({ ...llama2, tieWordEmbeddings: true }, 2);
    expect(weightBytes(llama2, 2) - tied).toBe(262_144_000n);
  });

  test("the float64 scores of 4,096 tokens take 4 GiB in each of Llama 2 7B's blocks", () => {
    const scores = scoreMatrixBytes(llama2, { newTokens: 4096, bytesPerElement: 8 });
    expect(scores).toBe(4_294_967_296n);
    expect(scores).toBe(4n * BigInt(GiB));
  });

  test("a worked example: four tokens through a model small enough to count", () => {
    const config = modelConfig({
      vocabSize: 100,
      hiddenSize: 8,
      intermediateSize: 16,
      numHiddenLayers: 2,
      numAttentionHeads: 2,
      numKeyValueHeads: 1,
      maxPositionEmbeddings: 16,
    });
    const pass = { newTokens: 4, heldTokens: 1, batch: 3, bytesPerElement: 2 };
    expect(activationRows(config, pass)).toEqual([
      { stage: "residual", bytes: BigInt(3 * 4 * 8 * 2) },
      { stage: "attention", bytes: BigInt(3 * (4 * (8 + 8 + 4 + 4) + 2 * 4 * 5) * 2) },
      { stage: "feed_forward", bytes: BigInt(3 * 4 * (8 + 32) * 2) },
      { stage: "lm_head", bytes: BigInt(3 * 1 * (8 + 100) * 2) },
    ]);
    const largest = 4 * (8 + 32); // 160 of a sequence, against 136 and 108
    expect(peakActivationBytes(config, pass)).toBe(BigInt(3 * (4 * 8 + largest) * 2));
  });
});

describe("the assignment's batch size, with weights and caches split evenly", () => {
  const tied = { ...llama3, tieWordEmbeddings: true };
  const parametersOf: Record<string, () => bigint> = {
    assignment: () => assignment.parameters(llama3),
    exact: () => exact.parameters(llama3),
    tied: () => exact.parameters(tied),
  };

  test.each(evenSplitGolden)("$names: $figures requests", ({ names, figures }) => {
    const [parameters, kv, unit] = names;
    const assumptions = {
      parameters: parametersOf[parameters],
      kvBytesPerRequest: (kv === "assignment" ? assignment : exact).kvBytesPerRequest,
    };
    const deviceBytes = 80 * (unit === "GB" ? GB : GiB);
    const batches = [1, 2, 4, 8].map((devices) => {
      const serving = { deviceBytes, devices, context: 1024, bytesPerElement: 2 };
      return evenSplitSizing(assumptions, llama3, serving).maxBatch;
    });
    expect(batches).toEqual(figures);
  });

  test("is floor(160 X - 23.96) for X = 1 to 16, and its table has four rows", () => {
    for (let devices = 1; devices <= 16; devices++) {
      const serving = { deviceBytes: 80 * GiB, devices, context: 1024, bytesPerElement: 2 };
      const sizing = evenSplitSizing(assignment, llama3, serving);
      expect(sizing).toEqual({
        parameters: 6_430_916_608n,
        weightBytes: 12_861_833_216n,
        kvBytesPerRequest: 536_870_912n,
        maxBatch: BigInt(Math.floor(160 * devices - 23.96)),
      });
    }
  });

  test("counts twice too many on 16 ranks, where 8 key-value heads cannot be split", () => {
    const deviceBytes = 80 * GiB;
    const even = { deviceBytes, devices: 16, context: 1024, bytesPerElement: 2 };
    expect(evenSplitSizing(exact, llama3, even).maxBatch).toBe(10_120n);
    const { plan } = maxBatch(llama3, { ...fp16, deviceBytes, tensorParallel: 16, context: 1024 });
    expect(plan?.maxBatch).toBe(5_058n);
  });

  test("is 0 if the weights do not fit", () => {
    const serving = { deviceBytes: GiB, devices: 1, context: 1024, bytesPerElement: 2 };
    expect(evenSplitSizing(exact, llama3, serving).maxBatch).toBe(0n);
  });
});

const fp16 = { weightBytesPerElement: 2, kvBytesPerElement: 2 };

describe("the largest batch under tensor parallelism", () => {
  const serving: Serving = {
    ...fp16,
    deviceBytes: 80 * GiB,
    utilization: 0.9,
    activationBytes: 2 * GiB,
    context: 4096,
    blockTokens: 16,
  };

  test.each(batchGolden)("$names: $figures", ({ names, figures }) => {
    const [tensorParallel, kv, batch] = figures;
    const { config } = namedModel(names[0]);
    const result = maxBatch(config, { ...serving, tensorParallel: Number(tensorParallel) });
    expect(result.status).toBe("ok");
    expect(result.plan).toMatchObject({ kvBytesPerToken: kv, maxBatch: batch });
    const replicated = tensorParallel > config.numKeyValueHeads;
    expect(result.plan?.limitingTerm).toBe(replicated ? "kv_replication" : "kv_cache");
    expect(result.plan?.kvReplication).toBe(replicated ? 2 : 1);
  });

  test("weights of a rank: 12.551, 7.479 and 0.875 GiB", () => {
    const gib = (config: ModelConfig, tensorParallel: number) =>
      Number(maxBatch(config, { ...serving, tensorParallel }).plan?.weightBytes) / GiB;
    expect(gib(llama2, 1)).toBeCloseTo(12.551, 3);
    expect(gib(llama3, 2)).toBeCloseTo(7.479, 3);
    expect(gib(namedModel("mistral-7b").config, 16)).toBeCloseTo(0.875, 3);
  });

  test.each([
    [3, "cannot split: numAttentionHeads 32 is not a multiple of 3 ranks"],
    [64, "cannot split: numAttentionHeads 32 is not a multiple of 64 ranks"],
  ])("over %i ranks is a row with the reason", (tensorParallel, status) => {
    expect(maxBatch(llama3, { ...serving, tensorParallel })).toEqual({ status, plan: null });
  });

  test("names key-value heads and a feed-forward that cannot be split", () => {
    const six = { ...llama3, numAttentionHeads: 24, numKeyValueHeads: 6, intermediateSize: 24 };
    expect(maxBatch(six, { ...serving, tensorParallel: 4 }).status).toBe(
      "cannot split: numKeyValueHeads 6 is neither a multiple nor a divisor of 4 ranks",
    );
    expect(
      maxBatch({ ...six, intermediateSize: 7 }, { ...serving, tensorParallel: 6 }).status,
    ).toBe("cannot split: intermediateSize 7 is not a multiple of 6 ranks");
  });

  test("names what does not fit", () => {
    const limit = (change: Partial<Serving>) => {
      const { status, plan } = maxBatch(llama3, { ...serving, ...change });
      return [status, plan?.limitingTerm, plan?.maxBatch];
    };
    const [none, fits] = ["does not fit", "ok"];
    expect(limit({ deviceBytes: 10 * GiB })).toEqual([none, "weights", 0n]);
    expect(limit({ activationBytes: 70 * GiB })).toEqual([none, "activations", 0n]);
    expect(limit({ overheadBytes: 70 * GiB })).toEqual([none, "overhead", 0n]);
    expect(limit({ context: 1e9 })).toEqual([none, "kv_cache", 0n]);
    expect(limit({ context: 17 })).toEqual([fits, "block_rounding", 14_090n]);
  });

  test("refuses invalid input", () => {
    const call = (change: Partial<Serving>) => () => maxBatch(llama3, { ...serving, ...change });
    expect(call({ tensorParallel: 0 })).toThrow("maxBatch: tensorParallel must be an integer");
    expect(call({ utilization: 1.1 })).toThrow("maxBatch: utilization must be in (0, 1], got 1.1");
    expect(call({ deviceBytes: 0.5 })).toThrow("maxBatch: deviceBytes must be an integer");
  });

  const servings = fc.record({
    deviceBytes: fc.integer({ min: 1, max: 2 ** 20 }),
    context: fc.integer({ min: 1, max: 64 }),
    blockTokens: fc.integer({ min: 1, max: 8 }),
    activationBytes: fc.integer({ min: 0, max: 2 ** 10 }),
  });

  property(
    "on one device fits, and one request more does not",
    fc.tuple(configs(), servings),
    ([config, sizes]) => {
      const { plan } = maxBatch(config, { ...fp16, ...sizes });
      const held = Math.min(sizes.context, config.slidingWindow ?? Number.POSITIVE_INFINITY);
      const blocks = BigInt(Math.ceil(held / sizes.blockTokens));
      const request = blocks * BigInt(sizes.blockTokens) * kvBytesPerToken(config, 2);
      const fixed = 2n * parameterCount(config) + BigInt(sizes.activationBytes);
      const bytes = (requests: bigint) => fixed + requests * request;
      const batch = plan!.maxBatch;
      if (batch > 0n) expect(bytes(batch) <= BigInt(sizes.deviceBytes)).toBe(true);
      expect(bytes(batch + 1n) > BigInt(sizes.deviceBytes)).toBe(true);
    },
  );

  property(
    "does not shrink with a larger device, a shorter context or smaller activations",
    fc.tuple(configs(), servings),
    ([config, sizes]) => {
      const batch = (change: object) => {
        const result = maxBatch(config, { ...fp16, ...sizes, ...change });
        return result.plan!.maxBatch;
      };
      expect(batch({ deviceBytes: sizes.deviceBytes + 4096 }) >= batch({})).toBe(true);
      expect(batch({ context: sizes.context + 1 }) <= batch({})).toBe(true);
      expect(batch({ activationBytes: sizes.activationBytes + 64 }) <= batch({})).toBe(true);
    },
  );

  property("replicates key-value heads beyond K ranks", configs(), (config) => {
    const { numAttentionHeads: N, numKeyValueHeads: K } = config;
    const split = { ...config, intermediateSize: N * 2 };
    const { plan } = maxBatch(split, { ...serving, tensorParallel: N });
    expect(plan?.kvReplication).toBe(N / K);
    expect(plan?.kvHeadsPerRank).toBe(1);
    expect(plan?.kvBytesPerToken).toBe(kvBytesPerToken({ ...config, numKeyValueHeads: 1 }, 2));
  });
});
