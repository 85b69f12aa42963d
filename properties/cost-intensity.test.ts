import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { configs } from "../src/arbitraries/configs.ts";
import { datasheetRoofs, devices, namedDevice } from "../src/cost/devices.ts";
import { passFlops } from "../src/cost/flops.ts";
import {
  type Fusion,
  intensity,
  isAttention,
  sumTraffic,
  type Traffic,
  type TrafficPass,
  trafficBytes,
  trafficRows,
} from "../src/cost/intensity.ts";
import { kvBytesPerToken } from "../src/cost/memory.ts";
import { matrixParameters } from "../src/cost/parameters.ts";
import {
  attainableFlops,
  boundOf,
  ridgePoint,
  rooflinePoint,
  roofSeconds,
  weightStreaming,
} from "../src/cost/roofline.ts";
import {
  assignmentDecodeAttention,
  assignmentPrefillAttention,
} from "../src/courses/two-layer-assignment/attention-cost.ts";
import { modelConfig } from "../src/model/config.ts";
import { namedModel } from "../src/model/named/registry.ts";
import { attentionGolden } from "./cost-golden.ts";
import { property } from "./support.ts";

const llama2 = namedModel("llama-2-7b").config;
const llama3 = namedModel("llama-3-8b").config;
const fp16 = { weightBytesPerElement: 2, kvBytesPerElement: 2, activationBytesPerElement: 2 };

/** One layer of one head, 128 wide: the model of the assignment's question. */
const oneHead = modelConfig({
  vocabSize: 2,
  hiddenSize: 128,
  intermediateSize: 1,
  numHiddenLayers: 1,
  numAttentionHeads: 1,
  maxPositionEmbeddings: 8192,
});

const decodeOf = (context: number, change: Partial<TrafficPass> = {}): TrafficPass => ({
  ...fp16,
  newTokens: 1,
  heldTokens: context - 1,
  fusion: "fused",
  ...change,
});

const attentionOf = (config: Parameters<typeof trafficRows>[0], pass: TrafficPass) =>
  sumTraffic(trafficRows(config, pass).filter(isAttention));

describe("the attention of the assignment", () => {
  test.each(attentionGolden)("over one head of 128 in fp16: $figures", ({ figures }) => {
    const context = Number(figures[0]);
    const head = { context, headDim: 128, bytesPerElement: 2 };
    const [prefill, decode] = [assignmentPrefillAttention(head), assignmentDecodeAttention(head)];
    const counts = [prefill.flops, prefill.bytes, decode.flops, decode.bytes];
    expect(counts).toEqual(figures.slice(1));
  });

  test.each(attentionGolden)("is the unfused dense attention of the rows: $figures", (golden) => {
    const context = Number(golden.figures[0]);
    const pass = { ...fp16, fusion: "unfused", attention: "dense" } as const;
    const prefill = attentionOf(oneHead, { ...pass, newTokens: context });
    const decode = attentionOf(oneHead, { ...pass, newTokens: 1, heldTokens: context - 1 });
    const counts = [prefill, decode].flatMap((sum) => [sum.flops, trafficBytes(sum)]);
    expect(counts).toEqual(golden.figures.slice(1));
  });

  test("has an intensity of 56.8889 in prefill and 0.98367 in decode at 1,024", () => {
    const head = { context: 1024, headDim: 128, bytesPerElement: 2 };
    expect(assignmentPrefillAttention(head).intensity).toBeCloseTo(56.8889, 4);
    expect(assignmentDecodeAttention(head).intensity).toBeCloseTo(0.98367, 5);
  });

  test("rises with the context towards d / b in prefill and d / (d + 2) in decode", () => {
    const at = (context: number) => {
      const head = { context, headDim: 128, bytesPerElement: 2 };
      return [
        assignmentPrefillAttention(head).intensity,
        assignmentDecodeAttention(head).intensity,
      ];
    };
    const curve = [256, 512, 1024, 2048, 4096, 8192].map(at);
    for (let i = 1; i < curve.length; i++) {
      for (const phase of [0, 1]) expect(curve[i][phase]).toBeGreaterThan(curve[i - 1][phase]);
    }
    expect(curve[0][0]).toBeCloseTo(42.667, 3);
    expect(curve[5][0]).toBeCloseTo(63.015, 3);
    const limit = at(10 ** 9);
    expect(limit[0]).toBeCloseTo(64, 4);
    expect(limit[0]).toBeLessThan(64);
    expect(limit[1]).toBeCloseTo(128 / 130, 6);
    expect(limit[1]).toBeLessThan(128 / 130);
  });

  test("is the same in decode for every batch from 1 to 100", () => {
    const head = { context: 1024, headDim: 128, bytesPerElement: 2 };
    const alone = assignmentDecodeAttention(head);
    for (let batch = 1; batch <= 100; batch++) {
      const { flops, bytes, intensity } = assignmentDecodeAttention(head, batch);
      expect(flops).toBe(BigInt(batch) * alone.flops);
      expect(bytes).toBe(BigInt(batch) * alone.bytes);
      expect(intensity).toBe(alone.intensity);
    }
  });

  test("with four query heads to a key-value head reaches 3.751", () => {
    const grouped = { ...oneHead, numAttentionHeads: 4 };
    const pass = decodeOf(1024, { fusion: "unfused" });
    expect(intensity(attentionOf(grouped, pass))).toBeCloseTo(3.751, 3);
  });
});

const fusions = fc.constantFrom<Fusion>("unfused", "streamed", "fused");
const passes = fc.record({
  newTokens: fc.integer({ min: 1, max: 16 }),
  heldTokens: fc.integer({ min: 0, max: 16 }),
  batch: fc.integer({ min: 1, max: 5 }),
  weightBytesPerElement: fc.constantFrom(1, 2, 4),
  kvBytesPerElement: fc.constantFrom(1, 2, 4),
  activationBytesPerElement: fc.constantFrom(2, 4),
  fusion: fusions,
});

describe("the traffic of a pass", () => {
  property(
    "costs the FLOPs of its passes and reads each weight once, for every batch",
    fc.tuple(configs(), passes),
    ([config, pass]) => {
      const { batch, newTokens, heldTokens, weightBytesPerElement } = pass;
      const step = sumTraffic(trafficRows(config, pass));
      const alone = passFlops(config, { newTokens, heldTokens });
      expect(step.flops).toBe(BigInt(batch) * alone);
      const rows = BigInt(batch * newTokens * config.hiddenSize);
      const weights = matrixParameters(config) + rows;
      expect(step.weightBytes).toBe(weights * BigInt(weightBytesPerElement));
    },
  );

  property(
    "writes new keys and values and reads the visible ones",
    fc.tuple(configs(), passes),
    ([config, pass]) => {
      const { batch, newTokens: T, heldTokens: S, kvBytesPerElement } = pass;
      let read = 0;
      for (let key = 0; key < S + T; key++) {
        if (config.slidingWindow === null || S - key < config.slidingWindow) read++;
      }
      const expected = BigInt(batch * (read + T)) * kvBytesPerToken(config, kvBytesPerElement);
      expect(sumTraffic(trafficRows(config, pass)).kvBytes).toBe(expected);
    },
  );

  property(
    "grows from fused to streamed to unfused only by activations",
    fc.tuple(configs(), passes),
    ([config, pass]) => {
      const bytes = (fusion: Fusion) => sumTraffic(trafficRows(config, { ...pass, fusion }));
      const [fused, streamed, unfused] = [bytes("fused"), bytes("streamed"), bytes("unfused")];
      expect(fused.activationBytes < streamed.activationBytes).toBe(true);
      expect(streamed.activationBytes < unfused.activationBytes).toBe(true);
      const rest = ({ flops, weightBytes, kvBytes }: Traffic) => [flops, weightBytes, kvBytes];
      expect(rest(streamed)).toEqual(rest(fused));
      expect(rest(unfused)).toEqual(rest(fused));
    },
  );

  property(
    "is the same with a tied head: tying saves memory, not traffic",
    fc.tuple(configs(), passes),
    ([config, pass]) => {
      const rows = (tieWordEmbeddings: boolean) =>
        trafficRows({ ...config, tieWordEmbeddings }, pass);
      expect(rows(true)).toEqual(rows(false));
    },
  );

  test("refuses a batch of 0 and bytes that are not whole", () => {
    const call = (change: object) => () => trafficRows(llama2, { ...decodeOf(8), ...change });
    expect(call({ batch: 0 })).toThrow(
      "trafficRows: batch must be an integer of at least 1, got 0",
    );
    expect(call({ kvBytesPerElement: 0.5 })).toThrow("trafficRows: kvBytesPerElement must be");
  });
});

describe("the intensity of decoding", () => {
  property(
    "is 2 N / K / b for fused attention without a window, for every batch and context",
    fc.tuple(configs(), fc.integer({ min: 1, max: 64 }), fc.integer({ min: 1, max: 9 })),
    ([base, context, batch]) => {
      const config = { ...base, slidingWindow: null };
      const { numAttentionHeads: N, numKeyValueHeads: K } = config;
      expect(intensity(attentionOf(config, decodeOf(context, { batch })))).toBe(N / K);
    },
  );

  test("of a step tends to 2 B / b_w at short contexts, to the attention's at long ones", () => {
    const step = (context: number, batch: number) =>
      intensity(sumTraffic(trafficRows(llama3, decodeOf(context, { batch }))));
    for (const batch of [1, 8, 64]) {
      expect(step(1, batch)).toBeLessThan(batch);
      expect(step(1, batch) / batch).toBeGreaterThan(0.99);
    }
    expect(step(10 ** 9, 8)).toBeCloseTo(4, 2);
  });

  test("of the matrices grows with the batch, that of the attention does not", () => {
    const of = (operation: string, batch: number) =>
      intensity(
        trafficRows(llama3, decodeOf(1024, { batch })).find((row) => row.operation === operation)!,
      );
    expect(of("gate_proj", 64)).toBeCloseTo(64 * of("gate_proj", 1), 9);
    expect(of("scores", 64)).toBe(of("scores", 1));
  });
});

describe("the roofline", () => {
  const a100 = datasheetRoofs(namedDevice("a100-80gb-sxm"), "fp16");
  const h100 = datasheetRoofs(namedDevice("h100-sxm"), "fp16");

  test("has its ridge at 153 FLOPs a byte on an A100 and at 295 on an H100, both in fp16", () => {
    expect(ridgePoint(a100)).toBeCloseTo(153, 1);
    expect(Math.round(ridgePoint(h100))).toBe(295);
    expect(ridgePoint(datasheetRoofs(namedDevice("a100-80gb-sxm"), "fp32"))).toBeCloseTo(9.56, 2);
  });

  test("calls the assignment's prefill attention memory-bound on both, at an intensity of 64", () => {
    for (const roofs of [a100, h100]) expect(boundOf(roofs, 64)).toBe("memory");
    expect(boundOf({ flopsPerS: 2.4e9, bytesPerS: 6e9 }, 0.5)).toBe("compute");
    expect(boundOf({ flopsPerS: 10, bytesPerS: 5 }, 2)).toBe("compute");
  });

  test("bounds prefill by compute and decode by memory on an A100, until a batch is large", () => {
    const step = (pass: TrafficPass) =>
      rooflinePoint(a100, sumTraffic(trafficRows(llama2, pass))).bound;
    const streamed = { ...fp16, fusion: "streamed" } as const;
    expect(step({ ...streamed, newTokens: 2048 })).toBe("compute");
    expect(step({ ...streamed, newTokens: 1, heldTokens: 2047 })).toBe("memory");
    expect(step({ ...streamed, newTokens: 1, heldTokens: 15, batch: 512 })).toBe("compute");
  });

  property(
    "gives the time that attainable FLOP/s need",
    fc.tuple(configs(), passes, fc.integer({ min: 1, max: 1000 })),
    ([config, pass, ridge]) => {
      const roofs = { flopsPerS: ridge * 1e9, bytesPerS: 1e9 };
      const traffic = sumTraffic(trafficRows(config, pass));
      const { attainableFlops: best, bound } = rooflinePoint(roofs, traffic);
      expect(best).toBe(attainableFlops(roofs, intensity(traffic)));
      const seconds = roofSeconds(roofs, traffic);
      expect(seconds / (Number(traffic.flops) / best)).toBeCloseTo(1, 12);
      expect(bound).toBe(best < roofs.flopsPerS ? "memory" : "compute");
    },
  );

  test("reads 14 GB of weights in 7 ms at 2 TB/s: 142.86 tokens a second", () => {
    const rule = weightStreaming({ parameters: 7e9, bytesPerParameter: 2, bytesPerS: 2e12 });
    expect(rule.bytes).toBe(14e9);
    expect(rule.secondsPerToken).toBeCloseTo(0.007, 12);
    expect(rule.tokensPerS).toBeCloseTo(142.857, 3);
    const exact = weightStreaming({
      parameters: 6_738_415_616,
      bytesPerParameter: 2,
      bytesPerS: 2e12,
    });
    expect(exact.secondsPerToken).toBeCloseTo(0.006738, 6);
    expect(exact.tokensPerS).toBeCloseTo(148.4, 1);
  });
});

describe("devices", () => {
  test("have unique names, positive roofs, memory and a source", () => {
    expect(new Set(devices.map(({ name }) => name)).size).toBe(devices.length);
    for (const { peaks, bytesPerS, memoryGB, source } of devices) {
      for (const figure of [...Object.values(peaks), bytesPerS, memoryGB]) {
        expect(figure).toBeGreaterThan(0);
      }
      expect(source).not.toBe("");
    }
  });

  test("that do not exist, or do not support the format, are refused by name", () => {
    expect(() => namedDevice("tpu")).toThrow(
      "namedDevice: the name must be one of a100-80gb-sxm, ",
    );
    const call = () => datasheetRoofs(namedDevice("m3-max"), "fp8");
    expect(call).toThrow("m3-max: the format must be one of fp32, fp16, got fp8");
  });
});
