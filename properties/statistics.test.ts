/** Generated models: every feature is on in some cases and off in others. */
import { describe, expect, test } from "vitest";
import { adversarial, weightKinds } from "../src/arbitraries/adversarial.ts";
import { generatorStatistics } from "../src/arbitraries/statistics.ts";
import { areFloat32 } from "../src/formats/floats.ts";
import { modelConfig } from "../src/model/config.ts";
import { randomWeights } from "../src/model/weights.ts";
import { seed } from "./support.ts";

describe("generator statistics", () => {
  const runs = 2000;
  const { features, sizes } = generatorStatistics(seed, runs);
  const names = [...new Set(features.map(({ feature }) => feature))];

  test.for(names)("%s has several values, each often enough", (name) => {
    const rows = features.filter(({ feature }) => feature === name);
    expect(rows.length).toBeGreaterThan(1);
    expect(rows.reduce((sum, { cases }) => sum + cases, 0)).toBe(runs);
    for (const { share } of rows) expect(share).toBeGreaterThan(0.05);
  });

  test("every size has a range", () => {
    for (const { smallest, median, largest } of sizes) {
      expect(smallest).toBeGreaterThan(0);
      expect(smallest).toBeLessThanOrEqual(median);
      expect(largest).toBeGreaterThan(smallest);
    }
  });

  test("the same seed gives the same sample", () => {
    expect(generatorStatistics(7, 20)).toEqual(generatorStatistics(7, 20));
    expect(generatorStatistics(7, 20)).not.toEqual(generatorStatistics(8, 20));
  });
});

describe("adversarial weights", () => {
  const config = modelConfig({
    ...{ vocabSize: 5, hiddenSize: 4, intermediateSize: 6, numHiddenLayers: 2 },
    ...{ numAttentionHeads: 2, maxPositionEmbeddings: 8 },
  });
  const row = (matrix: Float64Array, i: number) => matrix.subarray(i * 4, (i + 1) * 4);

  test.for(weightKinds)("%s change the weights, which stay finite and float32", (kind) => {
    const plain = randomWeights(config, 1);
    const changed = adversarial(randomWeights(config, 1), [kind]);
    expect(changed.tensors).not.toEqual(plain.tensors);
    for (const { data } of changed.tensors) {
      expect(data.every(Number.isFinite)).toBe(true);
      expect(areFloat32(data)).toBe(true);
    }
  });

  test("ties make every second token equal to the one before, in the embedding and in the head", () => {
    const { embedTokens, lmHead } = adversarial(randomWeights(config, 1), ["ties"]);
    for (const matrix of [embedTokens, lmHead.weight]) {
      expect(row(matrix, 1)).toEqual(row(matrix, 0));
      expect(row(matrix, 3)).toEqual(row(matrix, 2));
      expect(row(matrix, 2)).not.toEqual(row(matrix, 0));
    }
    expect(embedTokens.buffer).not.toBe(lmHead.weight.buffer);
  });

  test("zero rows leave the first token without an embedding", () => {
    const { embedTokens } = adversarial(randomWeights(config, 1), ["zero rows"]);
    expect([...row(embedTokens, 0)]).toEqual([0, 0, 0, 0]);
  });
});
