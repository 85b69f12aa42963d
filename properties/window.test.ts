import { describe, expect, test } from "vitest";
import { forward, forwardStages } from "../src/definition.ts";
import { modelConfig } from "../src/model/config.ts";
import { namedModel } from "../src/model/named/registry.ts";
import { initWeights } from "../src/model/weights.ts";
import { referenceDecoder } from "../src/reference/reference-decoder.ts";

/** The demo model with other layers and another window. */
function windowed(numHiddenLayers: number, slidingWindow: number | null) {
  const config = modelConfig({ ...namedModel("demo").config, numHiddenLayers, slidingWindow });
  return { config, weights: initWeights(config, 42) };
}

const tokens = Array.from({ length: 16 }, (_, t) => (37 * t + 11) % 256);

async function last(model: ReturnType<typeof windowed>, sent: readonly number[]) {
  await using sequence = await referenceDecoder(model.config, model.weights).start();
  return sequence.append(sent);
}

describe("a sliding window", () => {
  test.for([
    [1, 4],
    [2, 1],
    [2, 3],
    [3, 2],
    [3, 5],
  ])(
    "of w with L layers makes the last L (w - 1) + 1 tokens matter, and no other: L %d, w %d",
    async ([layers, window]) => {
      const model = windowed(layers, window);
      const logits = await last(model, tokens);
      const matters: number[] = [];
      for (const [t, token] of tokens.entries()) {
        const changed = await last(model, tokens.with(t, 255 - token));
        if (changed.some((logit, v) => !Object.is(logit, logits[v]))) matters.push(t);
      }
      const reach = layers * (window - 1);
      const first = tokens.length - 1 - reach;
      expect(matters).toEqual(Array.from({ length: reach + 1 }, (_, i) => first + i));
    },
  );

  test("gives attention to w positions in each layer, the token's own among them", () => {
    const { config, weights } = windowed(2, 3);
    for (const { attention } of forwardStages(config, weights, tokens).layers) {
      for (const head of attention) {
        for (const [t, row] of head.entries()) {
          const seen = row.flatMap((prob, s) => (prob > 0 ? [s] : []));
          expect(seen).toEqual([t - 2, t - 1, t].filter((s) => s >= 0));
        }
      }
    }
  });

  test("of one token removes the context: every token has the logits that it has alone", () => {
    const { config, weights } = windowed(2, 1);
    for (const [t, row] of forward(config, weights, tokens).entries()) {
      const [alone] = forward(config, weights, [tokens[t]]);
      // RoPE rotates the key and the query equally, so that the position has no effect.
      for (const [v, logit] of row.entries()) expect(logit).toBeCloseTo(alone[v], 12);
    }
  });
});
