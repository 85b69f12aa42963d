import { describe, expect, test } from "vitest";
import { toHalfSplit, toInterleaved } from "../src/formats/rope-order.ts";
import { modelConfig } from "../src/model/config.ts";
import { initWeights, randomWeights } from "../src/model/weights.ts";
import { expectCloseLogits, expectSameModel, logitsOf, modelsOf } from "./same-model.ts";
import { property } from "./support.ts";

describe("the order of RoPE's rows", () => {
  const rope = (layout: "half-split" | "interleaved") =>
    modelsOf(({ headDim }) => ({
      positions: "rope",
      ropeLayout: layout,
      headDim: 2 * headDim, // so that half of it is whole pairs
    }));

  property("half-split and back is the same model, bit for bit", rope("interleaved"), (model) => {
    expectSameModel(toInterleaved(toHalfSplit(model)), model);
  });

  property("interleaved and back is the same model, bit for bit", rope("half-split"), (model) => {
    expectSameModel(toHalfSplit(toInterleaved(model)), model);
  });

  property(
    "the other order gives the same logits, within rounding",
    rope("interleaved").map((model) => ({ ...model, weights: randomWeights(model.config, 7) })),
    async (model) => {
      expectCloseLogits(await logitsOf(toHalfSplit(model)), await logitsOf(model));
    },
    40,
  );

  test("worked example: rows 0 1 2 3 | 4 5, of which 4 are rotated, become 0 2 1 3 | 4 5", () => {
    const config = modelConfig({
      vocabSize: 5,
      intermediateSize: 3,
      numHiddenLayers: 2,
      numAttentionHeads: 2,
      maxPositionEmbeddings: 6,
      hiddenSize: 1,
      headDim: 6,
      partialRotaryFactor: 2 / 3,
      ropeLayout: "interleaved",
    });
    const weights = initWeights(config, 1);
    const { qProj, kProj, vProj } = weights.layers[1];
    for (const { weight } of [qProj, kProj, vProj]) weight.set([...weight.keys()]);
    const [, layer] = toHalfSplit({ name: "", config, weights }).weights.layers;
    const reordered = [0, 2, 1, 3, 4, 5, 6, 8, 7, 9, 10, 11];
    expect([...layer.qProj.weight]).toEqual(reordered);
    expect([...layer.kProj.weight]).toEqual(reordered);
    expect([...layer.vProj.weight]).toEqual([...vProj.weight]);
  });
});
