/** Penalties, bans and min-p: worked examples and errors. */
import { describe, expect, test } from "vitest";
import { ban } from "../src/sampling/ban.ts";
import { minP } from "../src/sampling/min-p.ts";
import { frequencyPenalty, presencePenalty, repetitionPenalty } from "../src/sampling/penalties.ts";
import { distribution, sampleToken } from "../src/sampling/sample-token.ts";

const row = (...values: number[]) => Float64Array.from(values);
const list = (values: Float64Array) => Array.from(values);
const logsOf = (...probs: number[]) => Float64Array.from(probs, Math.log);
const digits = (probs: Float64Array) => Array.from(probs, (p) => Number(p.toFixed(5)));
const kept = (logits: Float64Array) => [...logits.keys()].filter((id) => logits[id] > -Infinity);

describe("repetition penalty", () => {
  test("at 2 halves positive and doubles negative logits, once", () => {
    const logits = row(2, -2, 0, 1, -1);
    expect(list(repetitionPenalty(logits, [1, 0, 1, 2, 1], 2))).toEqual([1, -4, 0, 1, -1]);
  });

  test("makes a token with a negative logit less likely, unlike division", () => {
    const [before] = distribution(row(-2, 0), {});
    const [after] = distribution(row(-2, 0), { repetitionPenalty: 2 }, [0]);
    const [divided] = distribution(row(-2 / 2, 0), {});
    expect(digits(row(before, after, divided))).toEqual([0.1192, 0.01799, 0.26894]);
  });

  test("below 1 makes tokens of the history more likely", () => {
    expect(list(repetitionPenalty(row(2, -2), [0, 1], 0.5))).toEqual([4, -1]);
  });

  test("does not restore a dropped token", () => {
    expect(list(repetitionPenalty(row(-Infinity, 1), [0], 1.3))).toEqual([-Infinity, 1]);
  });

  test("ends a loop of greedy choices", () => {
    const logits = row(3, 2.9);
    expect(sampleToken(logits, { temperature: 0, repetitionPenalty: 1.3 })).toBe(0);
    const random = undefined;
    expect(sampleToken(logits, { temperature: 0, repetitionPenalty: 1.3 }, random, [0])).toBe(1);
  });
});

describe("frequency and presence penalties", () => {
  test("the first counts every occurrence, the second one", () => {
    const logits = row(3, 2, 1);
    expect(list(frequencyPenalty(logits, [0, 2, 0, 0], 0.5))).toEqual([1.5, 2, 0.5]);
    expect(list(presencePenalty(logits, [0, 2, 0, 0], 0.5))).toEqual([2.5, 2, 0.5]);
  });

  test("below 0 they raise tokens of the history", () => {
    expect(list(frequencyPenalty(row(0, 0), [0, 0], -1))).toEqual([2, 0]);
    expect(list(presencePenalty(row(0, 0), [0, 0], -1))).toEqual([1, 0]);
  });

  test("all three, repetition first: (6 / 2) - 2 * 0.5 - 1 = 1", () => {
    const options = { repetitionPenalty: 2, frequencyPenalty: 0.5, presencePenalty: 1 };
    const probs = distribution(row(6, 1), options, [0, 0]);
    expect(digits(probs)).toEqual([0.5, 0.5]);
  });
});

describe("ban", () => {
  const logits = row(0, 1, 2, 3);

  test("one id is always banned, and greedy takes the next best", () => {
    expect(kept(ban(logits, [], [[3]]))).toEqual([0, 1, 2]);
    expect(sampleToken(logits, { temperature: 0, bannedSequences: [[3]] })).toBe(2);
  });

  test("the last id of 1, 2, 3 is banned only after 1, 2", () => {
    const sequences = [[1, 2, 3]];
    expect(kept(ban(logits, [0, 1, 2], sequences))).toEqual([0, 1, 2]);
    expect(kept(ban(logits, [1, 2], sequences))).toEqual([0, 1, 2]);
    expect(kept(ban(logits, [1, 2, 0], sequences))).toEqual([0, 1, 2, 3]);
    expect(kept(ban(logits, [2, 1], sequences))).toEqual([0, 1, 2, 3]);
  });

  test("a history shorter than the ids before the last one bans nothing", () => {
    for (const history of [[], [2], [1]]) {
      expect(kept(ban(logits, history, [[1, 2, 3]]))).toEqual([0, 1, 2, 3]);
    }
  });

  test("several sequences each ban their last id", () => {
    expect(
      kept(
        ban(
          logits,
          [1],
          [
            [1, 0],
            [1, 2],
            [0, 3],
          ],
        ),
      ),
    ).toEqual([1, 3]);
  });
});

describe("min-p", () => {
  const logits = logsOf(0.5, 0.25, 0.125, 0.125);

  test("at 0.5 keeps a token of exactly half the largest probability", () => {
    expect(kept(minP(logits, 0.5))).toEqual([0, 1]);
    expect(kept(minP(logits, 0.51))).toEqual([0]);
    expect(kept(minP(logits, 0.2))).toEqual([0, 1, 2, 3]);
  });

  test("at 1 keeps all tokens that tie for the largest", () => {
    expect(kept(minP(row(0, 3, 3, 1), 1))).toEqual([1, 2]);
  });

  test("at 0 keeps all, including a token whose probability underflows", () => {
    expect(kept(minP(row(0, 1000), 0))).toEqual([0, 1]);
  });

  test("applies after the temperature: at T = 2 the shares are square roots", () => {
    const hot = distribution(logits, { temperature: 2, minP: 0.6 });
    expect(digits(hot)).toEqual([0.58579, 0.41421, 0, 0]);
    expect(digits(distribution(logits, { minP: 0.6 }))).toEqual([1, 0, 0, 0]);
  });
});

describe("refusals", () => {
  test.for<[string, () => unknown]>([
    [
      "repetitionPenalty: the penalty must be a positive number, got 0",
      () => repetitionPenalty(row(1), [], 0),
    ],
    [
      "repetitionPenalty: the penalty must be a positive number, got Infinity",
      () => repetitionPenalty(row(1), [], Number.POSITIVE_INFINITY),
    ],
    [
      "repetitionPenalty: an id must be an integer in [0, 2), got 2",
      () => repetitionPenalty(row(1, 2), [2], 1.1),
    ],
    [
      "frequencyPenalty: the penalty must be a finite number, got NaN",
      () => frequencyPenalty(row(1), [], Number.NaN),
    ],
    [
      "frequencyPenalty: an id must be an integer in [0, 1), got 0.5",
      () => frequencyPenalty(row(1), [0.5], 1),
    ],
    [
      "presencePenalty: the penalty must be a finite number, got Infinity",
      () => presencePenalty(row(1), [], Number.POSITIVE_INFINITY),
    ],
    [
      "presencePenalty: an id must be an integer in [0, 1), got -1",
      () => presencePenalty(row(1), [-1], 1),
    ],
    ["ban: a sequence must hold an id, got none", () => ban(row(1), [], [[]])],
    ["ban: an id must be an integer in [0, 1), got 1", () => ban(row(1), [], [[0, 1]])],
    ["ban: at least one token must be left, got none of 2", () => ban(row(1, 2), [], [[0], [1]])],
    ["minP: m must be a number in [0, 1], got 1.5", () => minP(row(1), 1.5)],
    ["softmax: the largest of 1 scores must be finite, got NaN", () => minP(row(Number.NaN), 0.5)],
  ])("%s", ([message, call]) => {
    expect(call).toThrow(new RangeError(message));
  });
});
