/** The parts of a decoder, each checked against its equation. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { models } from "../src/arbitraries/models.ts";
import { rawTokens, tokensOf } from "../src/arbitraries/tokens.ts";
import { forward, forwardStages } from "../src/definition.ts";
import { activate } from "../src/math/activation.ts";
import { layerNorm, rmsNorm } from "../src/math/norm.ts";
import { addSinusoid } from "../src/math/positions.ts";
import { softmax } from "../src/math/softmax.ts";
import { type ModelConfig, modelConfig } from "../src/model/config.ts";
import { namedModel } from "../src/model/named/registry.ts";
import { buildWeights, initWeights, randomWeights, type Weights } from "../src/model/weights.ts";
import { referenceDecoder } from "../src/reference/reference-decoder.ts";
import { property } from "./support.ts";

const demo = namedModel("demo").config;
const weights = initWeights(demo, 42);
const tokens = [3, 7, 11, 15, 200];
const small: ModelConfig = modelConfig({
  vocabSize: 13,
  hiddenSize: 8,
  intermediateSize: 10,
  numHiddenLayers: 2,
  numAttentionHeads: 4,
  numKeyValueHeads: 2,
  headDim: 4,
  maxPositionEmbeddings: 16,
});

async function rowsOf(config: ModelConfig, numbers: Weights, ids: readonly number[]) {
  await using sequence = await referenceDecoder(config, numbers).start();
  return sequence.appendAll(ids);
}

/** The same weights with some tensors changed, by name. */
function changed(
  config: ModelConfig,
  from: Weights,
  change: (name: string, data: Float64Array) => Float64Array,
): Weights {
  const byName = new Map(from.tensors.map(({ name, data }) => [name, data]));
  return buildWeights(config, (name) => change(name, byName.get(name)!));
}

describe("embedding", () => {
  test("is a row of the table, bit for bit", () => {
    const { embedding } = forwardStages(demo, weights, tokens);
    for (const [t, token] of tokens.entries()) {
      expect(embedding[t]).toEqual([...weights.embedTokens.subarray(token * 64, token * 64 + 64)]);
    }
  });

  test("Xavier initialisation has a deviation of sqrt(2 / (V + D))", () => {
    const square = weights.embedTokens.reduce((sum, x) => sum + x * x, 0);
    const deviation = Math.sqrt(square / weights.embedTokens.length);
    expect(Math.abs(deviation / Math.sqrt(2 / 320) - 1)).toBeLessThan(0.02);
  });

  test("the same seed gives the same weights and logits, another seed different ones", () => {
    const again = initWeights(demo, 42);
    expect(again.tensors.map(({ data }) => data)).toEqual(weights.tensors.map(({ data }) => data));
    expect(initWeights(demo, 43).embedTokens).not.toEqual(weights.embedTokens);
    expect(forward(demo, again, tokens)).toEqual(forward(demo, weights, tokens));
  });
});

describe("positions", () => {
  test("sinusoids are 0, 1, 0, 1 at position 0, and rotate with the position", () => {
    const at = (position: number) => {
      const row = new Float64Array(6);
      addSinusoid(row, position);
      return row;
    };
    expect([...at(0)]).toEqual([0, 1, 0, 1, 0, 1]);
    const [sin, cos] = at(5);
    expect(at(8)[0]).toBeCloseTo(sin * Math.cos(3) + cos * Math.sin(3), 14);
  });

  property(
    "learned positions are rows of their table, added to the embedding",
    models({ positions: "learned" }),
    ({ config, weights: numbers }) => {
      const ids = [0, 1 % config.vocabSize, 0];
      const { embedding } = forwardStages(config, numbers, ids);
      const D = config.hiddenSize;
      for (const [t, id] of ids.entries()) {
        const row = Array.from({ length: D }, (_, d) => {
          return numbers.embedTokens[id * D + d] + numbers.embedPositions![t * D + d];
        });
        expect(embedding[t]).toEqual(row);
      }
    },
  );
});

describe("attention", () => {
  property(
    "no position attends to a later one, and each row of probabilities sums to 1",
    fc.tuple(models(), rawTokens(1, 8)),
    ([{ config, weights: numbers }, raw]) => {
      const { layers } = forwardStages(config, numbers, tokensOf(config, raw));
      for (const row of layers
        .flatMap(({ attention }) => attention)
        .flatMap((head) => [...head.entries()])) {
        const [t, probs] = row;
        expect(probs.slice(t + 1).every((p) => p === 0)).toBe(true);
        expect(Math.abs(probs.reduce((sum, p) => sum + p, 0) - 1)).toBeLessThan(1e-12);
      }
    },
  );

  test("grouped heads equal full heads with repeated keys and values", async () => {
    const grouped = randomWeights(small, 3);
    const full = modelConfig({ ...small, numKeyValueHeads: 4 });
    const { headDim: H, hiddenSize: D } = small;
    const byName = new Map(grouped.tensors.map(({ name, data }) => [name, data]));
    // Query heads 0 and 1 read key-value head 0, heads 2 and 3 read head 1: repeat, do not tile.
    const repeated = buildWeights(full, (name) => {
      const data = byName.get(name)!;
      if (!/[kv]_proj/.test(name)) return data;
      const heads = [0, 0, 1, 1].map((k) => data.subarray(k * H * D, (k + 1) * H * D));
      return Float64Array.from(heads.flatMap((head) => [...head]));
    });
    const ids = [1, 5, 12, 0, 7];
    expect(await rowsOf(full, repeated, ids)).toEqual(await rowsOf(small, grouped, ids));
  });
});

describe("blocks", () => {
  property(
    "with W_o and W_down zero a block is the identity",
    models({ attentionOutputBias: false, mlpBias: false }),
    ({ config, weights: numbers }) => {
      const idle = changed(config, numbers, (name, data) =>
        /\.(o|down)_proj/.test(name) ? new Float64Array(data.length) : data,
      );
      const { embedding, layers } = forwardStages(config, idle, [0, 1 % config.vocabSize]);
      expect(layers.at(-1)!.output).toEqual(embedding);
    },
  );

  test("GELU of 1 is 0.841345 by erf and 0.841192 by tanh", () => {
    const of = (kind: "gelu" | "gelu_tanh" | "relu", x: number) => {
      const row = Float64Array.of(x);
      activate(row, kind);
      return row[0];
    };
    expect(of("gelu", 1)).toBeCloseTo(0.841345, 6);
    expect(of("gelu_tanh", 1)).toBeCloseTo(0.841192, 6);
    expect([of("relu", -2), of("relu", 2)]).toEqual([0, 2]);
  });
});

describe("norms", () => {
  const ones = (length: number) => new Float64Array(length).fill(1);

  test("RMSNorm and LayerNorm agree on rows of mean 0, and differ on others", () => {
    const out = (row: number[]) => {
      const [rms, layer] = [new Float64Array(4), new Float64Array(4)];
      rmsNorm(rms, Float64Array.from(row), ones(4), 1e-5);
      layerNorm(layer, Float64Array.from(row), ones(4), new Float64Array(4), 1e-5);
      return [rms, layer];
    };
    const [rms, layer] = out([1, -2, 3, -2]);
    for (const [i, x] of rms.entries()) expect(x).toBeCloseTo(layer[i], 14);
    const [shiftedRms, shiftedLayer] = out([2, -1, 4, -1]);
    expect(Math.abs(shiftedRms[0] - shiftedLayer[0])).toBeGreaterThan(0.1);
  });

  test("without the final norm the logits differ", () => {
    const bare = modelConfig({ ...small, finalNorm: false });
    const numbers = randomWeights(small, 3);
    const same = changed(bare, numbers, (_, data) => data);
    expect(forward(bare, same, [1, 2])).not.toEqual(forward(small, numbers, [1, 2]));
  });
});

describe("head", () => {
  test("a tied logit is the dot product with its embedding row", async () => {
    const { final } = forwardStages(demo, weights, tokens);
    const logits = (await rowsOf(demo, weights, tokens)).at(-1)!;
    for (let v = 0; v < demo.vocabSize; v++) {
      const row = weights.embedTokens.subarray(v * 64, v * 64 + 64);
      expect(logits[v]).toBe(row.reduce((sum, x, d) => sum + x * final.at(-1)![d], 0));
    }
  });

  test("the last row's softmax is near uniform for random weights", async () => {
    const probs = softmax((await rowsOf(demo, weights, tokens)).at(-1)!);
    const entropy = -probs.reduce((sum, p) => sum + p * Math.log(p), 0);
    expect(probs.every((p) => p > 0)).toBe(true);
    expect(entropy / Math.log(256)).toBeGreaterThan(0.9);
    expect([...softmax([1e4, -1e4])]).toEqual([1, 0]);
  });
});
