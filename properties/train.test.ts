import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { models } from "../src/arbitraries/models.ts";
import { writeSafetensors } from "../src/formats/safetensors.ts";
import { modelConfig } from "../src/model/config.ts";
import { withLora } from "../src/model/lora.ts";
import { initWeights } from "../src/model/weights.ts";
import { readCheckpoint, writeCheckpoint } from "../src/training/checkpoint.ts";
import { lossAndGradients } from "../src/training/gradients.ts";
import { train } from "../src/training/train.ts";
import { scratchFolder } from "./scratch.ts";
import {
  bytesOf,
  noise,
  options,
  run,
  sentences,
  small,
  start,
  stateOf,
} from "./small-training.ts";
import { property } from "./support.ts";

const scratch = scratchFolder();

describe("training", () => {
  test("gives the same bytes for the same seed over 20 steps, and different ones for another", () => {
    const [first, second, other] = [start(), start(), start()];
    const reports = run(first, sentences);
    expect(reports).toHaveLength(20);
    expect(run(second, sentences)).toEqual(reports);
    expect(stateOf(second)).toEqual(stateOf(first));
    run(other, sentences, { seed: 8 });
    expect(stateOf(other)).not.toEqual(stateOf(first));
  });

  test("lowers the loss, and reports its steps", () => {
    const reports = run(start(), sentences, { steps: 60, batchSize: 4, dropout: 0 });
    const mean = (part: typeof reports) => part.reduce((sum, { loss }) => sum + loss, 0) / 10;
    expect(mean(reports.slice(-10))).toBeLessThan(0.8 * mean(reports.slice(0, 10)));
    expect(reports.map(({ step }) => step)).toEqual(reports.map((_, i) => i + 1));
    expect(reports.every(({ counted }) => counted === 4 * 8)).toBe(true);
    expect(reports[2].learningRate).toBe(options.peak);
    expect(reports.at(-1)!.learningRate).toBe(options.floor);
  });

  test("ends at the last step, once", () => {
    const training = start();
    run(training, sentences, { steps: 2 });
    expect(training.step).toBe(2);
    expect(run(training, sentences, { steps: 2 })).toEqual([]);
  });

  property(
    "does not change the initial weights of any model",
    models(),
    ({ config, weights }) => {
      const before = bytesOf(weights.tensors.map((t) => ({ ...t, data: t.data.slice() })));
      const training = start(config, weights);
      expect(bytesOf(weights.tensors.map((t) => ({ ...t, data: t.data.slice() })))).toEqual(before);
      // Adversarial weights may have no finite gradient, which is an error.
      try {
        run(training, noise(config), { steps: 1, dropout: 0 });
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
      expect(bytesOf(weights.tensors.map((t) => ({ ...t, data: t.data.slice() })))).toEqual(before);
    },
    30,
  );

  test("clips before the moments, so that a batch with large gradients has no larger weight", () => {
    const moments = (maxNorm: number) => {
      const training = start();
      run(training, sentences, { steps: 1, maxNorm, dropout: 0 });
      return Math.hypot(...training.moments.first.flatMap((data) => [...data]));
    };
    expect(moments(1e-3)).toBeCloseTo((1 - options.beta1) * 1e-3, 6);
    expect(moments(1e3)).toBeGreaterThan(0.01);
  });

  test("uses dropout: another probability gives other weights", () => {
    const [without, some] = [start(), start()];
    run(without, sentences, { steps: 1, dropout: 0 });
    run(some, sentences, { steps: 1, dropout: 0.5 });
    expect(stateOf(some)).not.toEqual(stateOf(without));
  });
});

test("the last token of a row is only a label, so that a row trains all P positions", () => {
  const { tokens } = sentences.train(() => 0.3);
  expect(tokens).toHaveLength(small.maxPositionEmbeddings + 1);
  const { gradients, counted } = lossAndGradients(start(), [{ tokens }]);
  expect(counted).toBe(8);
  const { hiddenSize: D } = small;
  const last = gradients.embedPositions!.slice(7 * D);
  expect(last).toHaveLength(D);
  expect(last.some((x) => x !== 0)).toBe(true);
});

describe("a checkpoint", () => {
  const path = join(scratch, "checkpoint.safetensors");

  property(
    "resumed at any step continues bit for bit",
    fc.record({ stop: fc.integer({ min: 1, max: 11 }), tied: fc.boolean(), lora: fc.boolean() }),
    async ({ stop, tied, lora }) => {
      const config = modelConfig({ ...small, tieWordEmbeddings: tied });
      const base = initWeights(config, 3);
      const adapters = { rank: 2, alpha: 4, targets: ["q_proj", "up_proj"] as const };
      const weights = lora ? withLora(config, base, adapters, 1) : base;
      const whole = start(config, weights);
      const reports = run(whole, sentences, { steps: 12 });

      const stopped = start(config, weights);
      const steps = train(stopped, sentences, { ...options, steps: 12 });
      for (let t = 0; t < stop; t++) steps.next();
      await writeCheckpoint(path, stopped);
      const resumed = start(config, weights);
      await readCheckpoint(path, resumed);
      expect(stateOf(resumed)).toEqual(stateOf(stopped));
      expect(run(resumed, sentences, { steps: 12 })).toEqual(reports.slice(stop));
      expect(stateOf(resumed)).toEqual(stateOf(whole));
    },
    12,
  );

  test("is the same bytes for the same training", async () => {
    const files: Buffer[] = [];
    for (let i = 0; i < 2; i++) {
      const training = start();
      run(training, sentences, { steps: 2 });
      await writeCheckpoint(path, training);
      files.push(await readFile(path));
    }
    expect(files[0].equals(files[1])).toBe(true);
  });

  test("of another model is refused without changes", async () => {
    await writeCheckpoint(path, start());
    const wider = start(modelConfig({ ...small, intermediateSize: 13 }));
    const before = stateOf(wider);
    const where = `${path}: model.layers.0.mlp.up_proj.weight`;
    await expect(readCheckpoint(path, wider)).rejects.toThrow(
      new RangeError(`${where}: must be [13,8], got [12,8]`),
    );
    expect(stateOf(wider)).toEqual(before);
    const extra = { name: "more", shape: [1], data: Float64Array.of(1) };
    await writeSafetensors(path, [extra]);
    await expect(readCheckpoint(path, start())).rejects.toThrow("must be [20,8], got none");
  });

  test("that is truncated is refused", async () => {
    await writeCheckpoint(path, start());
    await writeFile(path, (await readFile(path)).subarray(0, -8));
    await expect(readCheckpoint(path, start())).rejects.toThrow(path);
  });
});
