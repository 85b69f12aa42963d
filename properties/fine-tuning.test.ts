import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { models } from "../src/arbitraries/models.ts";
import type { ModelConfig } from "../src/model/config.ts";
import { mergeLora, targetsOf, withLora } from "../src/model/lora.ts";
import { initWeights, type Weights } from "../src/model/weights.ts";
import { referenceDecoder } from "../src/reference/reference-decoder.ts";
import { evaluate } from "../src/training/evaluate.ts";
import { lossAndGradients } from "../src/training/gradients.ts";
import { IGNORED } from "../src/training/loss.ts";
import { isAdapter, noise, run, sentences, small, start } from "./small-training.ts";
import { property } from "./support.ts";

describe("fine-tuning with LoRA", () => {
  interface Adapted {
    config: ModelConfig;
    base: Weights;
    weights: Weights;
  }

  const adapted: fc.Arbitrary<Adapted> = fc
    .record({ model: models(), rank: fc.integer({ min: 1, max: 3 }), picks: fc.array(fc.nat(7)) })
    .map(({ model: { name, config }, rank, picks }) => {
      const base = initWeights(config, 1);
      const possible = targetsOf(config);
      const targets = [...new Set([0, ...picks].map((pick) => possible[pick % possible.length]))];
      const weights = withLora(config, base, { rank, alpha: 2 * rank, targets }, 5);
      const shown = `${name} with adapters of rank ${rank} on ${targets}`;
      return Object.assign({ config, base, weights }, { [fc.toStringMethod]: () => shown });
    });

  property(
    "changes its adapters and no bit of the base",
    adapted,
    ({ config, base, weights }) => {
      const before = base.tensors.map(({ data }) => data.slice());
      const training = start(config, weights);
      run(training, noise(config), { steps: 3 });
      expect(training.trained.every(isAdapter)).toBe(true);
      for (const [i, { name, data }] of base.tensors.entries()) {
        expect(data, name).toEqual(before[i]);
        const used = training.weights.tensors.find((tensor) => tensor.name === name)!;
        expect(used.data.buffer === data.buffer || name === "model.embed_positions.weight").toBe(
          true,
        );
        expect(used.data).toEqual(data);
      }
    },
    40,
  );

  test("changes every A and every B", () => {
    const lora = { rank: 2, alpha: 4, targets: targetsOf(small) };
    const weights = withLora(small, initWeights(small, 3), lora, 5);
    const training = start(small, weights);
    run(training, sentences, { steps: 3 });
    const adapters = training.weights.tensors.filter(isAdapter);
    expect(adapters).toHaveLength(2 * (2 * 6 + 1));
    for (const { name, data } of adapters) {
      expect(data, name).not.toEqual(weights.tensors.find((t) => t.name === name)!.data);
    }
  });

  property(
    "merged into the base gives the same loss as separate adapters",
    adapted,
    async ({ config, weights }) => {
      const training = start(config, weights);
      const task = noise(config);
      run(training, task, { steps: 3, peak: 0.1 });
      const rows = Array.from({ length: 3 }, (_, i) => task.heldOut(() => (i + 1) / 4));
      const beside = await evaluate(training, rows);
      const merged = await evaluate({ config, weights: mergeLora(config, training.weights) }, rows);
      expect(merged.loss).toBeCloseTo(beside.loss, 9);
    },
    20,
  );
});

describe("evaluation", () => {
  property(
    "equals the loss of training without dropout",
    models(),
    async ({ config }) => {
      const training = start(config);
      const row = noise(config).heldOut(() => 0.4);
      const { loss, counted } = lossAndGradients(training, [row]);
      const measured = await evaluate(training, [row]);
      expect(measured.counted).toBe(counted);
      expect(measured.loss).toBeCloseTo(loss, 9);
    },
    30,
  );

  test("counts rows in which every counted token is the most probable", async () => {
    const { weights } = start();
    await using sequence = await referenceDecoder(small, weights).start();
    const tokens = [1];
    for (let t = 0; t < 4; t++) {
      const logits = await sequence.append(tokens.slice(-1));
      tokens.push(logits.indexOf(Math.max(...logits)));
    }
    const wrong = tokens.with(-1, (tokens[4] + 1) % 20);
    const ignored = { tokens: wrong, labels: wrong.with(-1, IGNORED) };
    const { exact } = await evaluate({ config: small, weights }, [
      { tokens },
      { tokens: wrong },
      ignored,
    ]);
    expect(exact).toBe(2 / 3);
  });
});
