import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { logSoftmax } from "../src/math/softmax.ts";
import { modelConfig } from "../src/model/config.ts";
import { initWeights } from "../src/model/weights.ts";
import { lossAndGradients } from "../src/training/gradients.ts";
import {
  crossEntropy,
  crossEntropyGradient,
  IGNORED,
  perplexity,
  targetsOf,
} from "../src/training/loss.ts";
import { property } from "./support.ts";

const config = modelConfig({
  vocabSize: 5,
  hiddenSize: 6,
  intermediateSize: 7,
  numHiddenLayers: 2,
  numAttentionHeads: 1,
  maxPositionEmbeddings: 4,
});
const model = { config, weights: initWeights(config, 1) };

const score = fc.double({ min: -800, max: 800, noNaN: true });
const rowsOf = (V: number) =>
  fc.array(
    fc.record({
      scores: fc.array(score, { minLength: V, maxLength: V }),
      target: fc.constantFrom(IGNORED, ...Array.from({ length: V }, (_, v) => v)),
    }),
    { minLength: 1, maxLength: 5 },
  );
const batches = fc.integer({ min: 1, max: 6 }).chain(rowsOf);
const flat = (rows: readonly { scores: number[]; target: number }[]) => ({
  logits: Float64Array.from(rows.flatMap(({ scores }) => scores)),
  targets: rows.map(({ target }) => target),
});

describe("cross-entropy", () => {
  property("is the sum of -log softmax at the counted targets", batches, (rows) => {
    const { logits, targets } = flat(rows);
    const expected = rows
      .filter(({ target }) => target !== IGNORED)
      .reduce((sum, { scores, target }) => sum - logSoftmax(scores)[target], 0);
    const loss = crossEntropy(logits, targets);
    expect(Math.abs(loss - expected)).toBeLessThanOrEqual(1e-12 * (1 + expected));
    expect(Number.isFinite(loss)).toBe(true);
  });

  property(
    "has a gradient that sums to 0 in every row, and is 0 at ignored targets",
    batches,
    (rows) => {
      const { logits, targets } = flat(rows);
      const V = logits.length / targets.length;
      const gradient = crossEntropyGradient(logits, targets, 0.5);
      for (const [t, target] of targets.entries()) {
        const row = gradient.subarray(t * V, (t + 1) * V);
        expect(Math.abs(row.reduce((sum, x) => sum + x, 0))).toBeLessThan(1e-12);
        if (target === IGNORED) expect(row.every((x) => x === 0)).toBe(true);
        else expect(row[target]).toBeLessThanOrEqual(0);
      }
    },
  );

  test("of uniform logits is ln V", () => {
    const loss = crossEntropy(new Float64Array(7), [3]);
    expect(loss).toBe(Math.log(7));
    expect(perplexity(loss)).toBeCloseTo(7, 12);
  });

  test("stays finite where a probability underflows to 0", () => {
    expect(crossEntropy(Float64Array.of(0, -2000), [1])).toBe(2000);
    expect(crossEntropyGradient(Float64Array.of(0, -2000), [1], 1)).toEqual(Float64Array.of(1, -1));
  });

  test.for([Number.POSITIVE_INFINITY, Number.NaN])("refuses a logit of %d", (x) => {
    const message = `loss: the largest of 2 logits must be finite, got ${x}`;
    expect(() => crossEntropy(Float64Array.of(0, x), [0])).toThrow(new RangeError(message));
  });
});

describe("labels", () => {
  test("are compared one position earlier: position t predicts token t + 1", () => {
    expect(targetsOf(config, { tokens: [1, 2, 3] })).toEqual([2, 3]);
    const labels = [4, IGNORED, 0];
    expect(targetsOf(config, { tokens: [1, 2, 3], labels })).toEqual([IGNORED, 0]);
  });

  test.for<[name: string, tokens: number[], labels: number[] | undefined, message: string]>([
    ["no token", [], undefined, "loss: there must be at least one token, got 0"],
    ["a token outside", [5], undefined, "loss: a token id must be an integer in [0, 5), got 5"],
    [
      "too many tokens",
      [0, 0, 0, 0, 0, 0],
      undefined,
      "loss: a sequence must hold at most 5 tokens, got 0 held and 6 new",
    ],
    ["too few labels", [0, 1], [0], "loss: there must be one label for each of 2 tokens, got 1"],
    [
      "a label outside",
      [0, 1],
      [0, 5],
      "loss: a label must be an integer in [0, 5) or -100, got 5",
    ],
    [
      "a label of -1",
      [0, 1],
      [0, -1],
      "loss: a label must be an integer in [0, 5) or -100, got -1",
    ],
    ["one token", [3], undefined, "loss: at least one token must count, got 0"],
    ["only ignored labels", [3, 1], [3, -100], "loss: at least one token must count, got 0"],
  ])("%s: refused", ([, tokens, labels, message]) => {
    const example = labels === undefined ? { tokens } : { tokens, labels };
    expect(() => lossAndGradients(model, [example])).toThrow(new RangeError(message));
  });

  test("an empty batch is refused", () => {
    const message = "loss: at least one token must count, got 0";
    expect(() => lossAndGradients(model, [])).toThrow(new RangeError(message));
  });
});

test("a row may have one token more than the context: the last is only a label", () => {
  expect(lossAndGradients(model, [{ tokens: [0, 1, 2, 3, 4] }]).counted).toBe(4);
});

test("tokens of short and of long rows have the same weight in the loss", () => {
  const rows = [{ tokens: [1, 2] }, { tokens: [0, 3, 4, 1] }];
  const [short, long] = rows.map((row) => lossAndGradients(model, [row]));
  const { loss, counted } = lossAndGradients(model, rows);
  expect(counted).toBe(4);
  expect(loss).toBeCloseTo((short.loss + 3 * long.loss) / 4, 12);
});

test("a ReLU at exactly 0 has slope 0, as in PyTorch", () => {
  const relu = modelConfig({ ...config, feedForward: "relu" });
  const weights = initWeights(relu, 1);
  for (const { upProj } of weights.layers) upProj.weight.fill(0);
  const { gradients } = lossAndGradients({ config: relu, weights }, [{ tokens: [1, 2, 3] }]);
  for (const { upProj } of gradients.layers) expect(upProj.weight.every((x) => x === 0)).toBe(true);
});
