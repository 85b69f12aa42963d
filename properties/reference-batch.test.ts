/** The reference decoder's batch and offset start: errors and limits. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { models } from "../src/arbitraries/models.ts";
import { rawTokens, tokensOf } from "../src/arbitraries/tokens.ts";
import type { Batch } from "../src/decoder.ts";
import { modelConfig } from "../src/model/config.ts";
import { initWeights } from "../src/model/weights.ts";
import { referenceDecoder } from "../src/reference/reference-decoder.ts";
import { property } from "./support.ts";

const config = modelConfig({
  ...{ vocabSize: 5, hiddenSize: 4, intermediateSize: 6, numHiddenLayers: 2 },
  ...{ numAttentionHeads: 2, maxPositionEmbeddings: 8 },
});
const decoder = referenceDecoder(config, initWeights(config, 1));

describe("a batch", () => {
  const two = () => decoder.startBatch!(2);

  test.for<[string, (batch: Batch) => Promise<unknown>]>([
    ["append: there must be 2 lists of tokens, got 1", (b) => b.append([[0]])],
    [
      "append: row 1: a token id must be an integer in [0, 5), got 5",
      (b) => b.append([[0], [1, 5]]),
    ],
    [
      "append: row 1: a sequence must hold at most 8 tokens, got 1 held and 8 new",
      (b) => b.append([[0], [0, 1, 2, 3, 4, 0, 1, 2]]),
    ],
    ["appendPadded: there must be 2 rows of tokens, got 1", (b) => b.appendPadded([[0]], [[true]])],
    [
      "appendPadded: there must be 2 rows of counts, got 1",
      (b) => b.appendPadded([[0], [0]], [[true]]),
    ],
    [
      "appendPadded: row 1 of tokens must have 1 columns, as row 0 has, got 2",
      (b) => b.appendPadded([[0], [0, 1]], [[true], [true]]),
    ],
    [
      "appendPadded: row 0 of counts must have 1 columns, as row 0 of tokens has, got 0",
      (b) => b.appendPadded([[0], [0]], [[], [true]]),
    ],
    [
      "append: row 0: a token id must be an integer in [0, 5), got -1",
      (b) =>
        b.appendPadded(
          [
            [-1, 0],
            [0, 0],
          ],
          [
            [true, false],
            [true, true],
          ],
        ),
    ],
    ["select: a row must be null or an integer in [0, 2), got 2", (b) => b.select([0, 2])],
    ["select: a row must be null or an integer in [0, 2), got 0.5", (b) => b.select([0.5])],
  ])("%s", async ([message, call]) => {
    await using batch = await two();
    await batch.append([[1], [2]]);
    await expect(call(batch)).rejects.toThrow(new RangeError(message));
    expect(batch.lengths).toEqual([1, 1]);
    // A row that was changed before the error would hold another token.
    const [logits] = await batch.append([[3], []]);
    expect(logits).toEqual(await (await decoder.start()).append([1, 3]));
  });

  test("has the requested number of rows, including 0", async () => {
    const message = "startBatch: rows must be an integer from 0, got -1";
    await expect(decoder.startBatch!(-1)).rejects.toThrow(message);
    await using empty = await decoder.startBatch!(0);
    expect(await empty.append([])).toEqual([]);
    await empty.select([null, null]);
    expect(empty.lengths).toEqual([0, 0]);
  });
});

describe("a sequence that starts at a position", () => {
  test.for([-1, 0.5, 8])("refuses %s", async (position) => {
    const message = `start: the position must be an integer in [0, 8), got ${position}`;
    await expect(decoder.start(position)).rejects.toThrow(message);
  });

  test("holds the tokens that fit up to the context limit", async () => {
    await using sequence = await decoder.start(5);
    await expect(sequence.append([0, 1, 2, 3])).rejects.toThrow(
      "append: a sequence must hold at most 3 tokens, got 0 held and 4 new",
    );
    await sequence.append([0, 1, 2]);
    expect(sequence.length).toBe(3);
  });

  property(
    "uses learned positions from its start",
    fc.record({ model: models({ positions: "learned" }), raw: rawTokens(1, 4), shift: fc.nat() }),
    async ({ model: { config, weights }, raw, shift }) => {
      const { hiddenSize: D, maxPositionEmbeddings: P } = config;
      const tokens = tokensOf(config, raw);
      const start = shift % (P - tokens.length + 1);
      const table = weights.embedPositions!;
      const moved = table.slice();
      moved.set(table.subarray(start * D));
      const atZero = referenceDecoder(config, { ...weights, embedPositions: moved });
      const expected = await (await atZero.start()).appendAll(tokens);
      const rows = await (await referenceDecoder(config, weights).start(start)).appendAll(tokens);
      expect(rows).toEqual(expected);
    },
  );

  property(
    "equals, with sinusoids, a sequence whose window has dropped the earlier tokens",
    fc.record({ model: models({ positions: "sinusoidal" }), raw: rawTokens(2, 5) }),
    async ({ model: { config, weights }, raw }) => {
      // With a window of one token, a position attends only to itself.
      const tokens = tokensOf(config, raw);
      const short = referenceDecoder({ ...config, slidingWindow: 1 }, weights);
      const rows = await (await short.start()).appendAll(tokens);
      const late = await (await short.start(1)).appendAll(tokens.slice(1));
      expect(late).toEqual(rows.slice(1));
    },
  );
});
