/** Common mistakes in decoding and counting: each wrong version fails, the right one does not. */
import { describe, expect, test } from "vitest";
import { parameterCount, parameterRows } from "../src/cost/parameters.ts";
import { generate } from "../src/generation/generate.ts";
import { seededRandom } from "../src/math/random.ts";
import { softmax } from "../src/math/softmax.ts";
import { namedModel } from "../src/model/named/registry.ts";
import { initWeights } from "../src/model/weights.ts";
import { referenceDecoder } from "../src/reference/reference-decoder.ts";
import { greedy } from "../src/sampling/greedy.ts";
import { distribution } from "../src/sampling/sample-token.ts";
import { topP } from "../src/sampling/top-p.ts";

const { config } = namedModel("demo");
const demo = referenceDecoder(config, initWeights(config, 42));
const prompt = [3, 7, 11, 15];

async function rowsOf(tokens: readonly number[]) {
  await using sequence = await demo.start();
  return sequence.appendAll(tokens);
}

/** Six greedy tokens, each from row `which` of the logits of the tokens sent. */
async function loop(
  sent: (held: readonly number[]) => readonly number[],
  which: number,
): Promise<number[]> {
  const held = [...prompt];
  for (let i = 0; i < 6; i++) held.push(greedy((await rowsOf(sent(held))).at(which)!));
  return held.slice(prompt.length);
}

const right = async () =>
  (await generate(demo, prompt, { temperature: 0, maxNewTokens: 6 })).newTokens;

/** Softmax by its formula, without checks and without subtracting the maximum. */
function carelessSoftmax(logits: readonly number[]): number[] {
  const powers = logits.map(Math.exp);
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

describe("the logits of the wrong position", () => {
  test("row 0 always predicts the second token, whatever follows it", async () => {
    const wrong = await loop((held) => held, 0);
    expect(new Set(wrong).size).toBe(1);
    expect(wrong).not.toEqual(await right());
  });

  test("the last row predicts the next token", async () => {
    expect(await loop((held) => held, -1)).toEqual(await right());
  });
});

describe("only the newest token, without a cache", () => {
  test("the logits do not depend on the other tokens", async () => {
    expect(await loop((held) => held.slice(-1), -1)).not.toEqual(await right());
    const alone = await rowsOf([15]);
    const inContext = await rowsOf(prompt);
    expect(alone.at(-1)).not.toEqual(inContext.at(-1));
  });

  test("with a cache the newest token is enough", async () => {
    await using sequence = await demo.start();
    await sequence.append(prompt.slice(0, -1));
    expect(await sequence.append([15])).toEqual((await rowsOf(prompt)).at(-1));
  });
});

describe("unchecked sampling parameters", () => {
  const logits = [1, 2, 3];
  const divided = (T: number) => carelessSoftmax(logits.map((logit) => logit / T));

  test("T = 0 gives NaN, T < 0 reverses the distribution", () => {
    expect(divided(0)).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    expect(divided(-1).map((p) => p.toFixed(5))).toEqual(["0.66524", "0.24473", "0.09003"]);
  });

  test("T = 0 is greedy here, T < 0 is refused", () => {
    expect(Array.from(distribution(Float64Array.from(logits), { temperature: 0 }))).toEqual([
      0, 0, 1,
    ]);
    const call = () => distribution(Float64Array.from(logits), { temperature: -1 });
    expect(call).toThrow("temperatureScale: the temperature must be a positive number, got -1");
  });

  test("T = 0 that returns the logits unchanged samples at T = 1", () => {
    const passedThrough = softmax(logits);
    expect(passedThrough[2]).toBeCloseTo(0.66524, 5);
    expect(distribution(Float64Array.from(logits), { temperature: 0 })[2]).toBe(1);
  });
});

describe("top-p on logits", () => {
  const ids = [0, 1, 2, 3, 4];
  const logits = [0, 1, 2, 3, 4];
  const shifted = logits.map((logit) => logit - 10); // the same distribution

  /** The wrong version: it adds up logits instead of probabilities. */
  function onLogits(row: readonly number[], p: number): number[] {
    let cumulative = 0;
    return ids
      .toSorted((a, b) => row[b] - row[a])
      .filter((id) => {
        cumulative += row[id];
        return cumulative <= p;
      });
  }

  test("keeps no token of one row and all of another with the same probabilities", () => {
    expect(onLogits(logits, 0.9)).toEqual([]);
    expect(onLogits(shifted, 0.9)).toEqual([4, 3, 2, 1, 0]);
  });

  test("on probabilities it keeps the same three tokens of both rows", () => {
    for (const row of [logits, shifted]) {
      const kept = topP(Float64Array.from(row), 0.9);
      expect(ids.filter((id) => kept[id] > -Infinity)).toEqual([2, 3, 4]);
    }
  });
});

describe("top-p that computes the mass before a token by subtraction", () => {
  /** A sorted row, and a token of it for which `(before + own) - own` is more than `before`. */
  function search(): { row: Float64Array; at: number; before: number; subtracted: number } {
    const random = seededRandom(1);
    for (;;) {
      const row = Float64Array.from({ length: 6 }, () => 3 * random())
        .sort()
        .reverse();
      let before = 0;
      for (const [at, own] of softmax(row).entries()) {
        const subtracted = before + own - own;
        if (subtracted > before) return { row, at, before, subtracted };
        before += own;
      }
    }
  }

  test("drops a token that is needed to reach p; an accumulated mass keeps it", () => {
    const { row, at, before, subtracted } = search();
    const p = subtracted;
    expect(subtracted >= p).toBe(true); // the wrong version drops the token
    expect(before).toBeLessThan(p);
    expect(topP(row, p)[at]).toBe(row[at]);
  });
});

describe("Llama 3 8B counted as 6.43 billion", () => {
  const llama3 = namedModel("llama-3-8b").config;

  test("follows from K and V as wide as Q, two feed-forward matrices, no head and no norms", () => {
    const wrong = {
      ...llama3,
      numKeyValueHeads: llama3.numAttentionHeads,
      feedForward: "relu" as const,
      tieWordEmbeddings: true,
    };
    const withoutNorms = parameterRows(wrong).filter(({ group }) => !group.includes("norm"));
    expect(withoutNorms.reduce((sum, { count }) => sum + count, 0n)).toBe(6_430_916_608n);
  });

  test("the model has 8,030,261,248", () => {
    expect(parameterCount(llama3)).toBe(8_030_261_248n);
  });
});
