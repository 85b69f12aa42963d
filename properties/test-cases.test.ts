/** The test cases of the assignment detect wrong weights and wrong caches. */
import { describe, expect, test } from "vitest";
import {
  makeTestCases,
  runTestCases,
  type WayName,
  ways,
} from "../src/courses/two-layer-assignment/test-cases.ts";
import type { Decoder, Sequence } from "../src/decoder.ts";
import { namedModel } from "../src/model/named/registry.ts";
import { randomWeights } from "../src/model/weights.ts";
import { referenceDecoder } from "../src/reference/reference-decoder.ts";

const { config } = namedModel("assignment");
const weights = randomWeights(config, 42);
const cases = makeTestCases({ config, weights }, 42, { count: 3, length: 11 });
const all = Object.keys(ways) as WayName[];

/** Returns the number of cases that pass in each way. */
async function passes(decoder: Decoder): Promise<Record<string, number>> {
  const verdicts = await runTestCases(decoder, cases, all);
  return Object.fromEntries(verdicts.map(({ way, passed }) => [way, passed.size]));
}

/** Returns a decoder whose calls after the first use the `damaged` sequence. */
function afterFirstCall(
  decoder: Decoder,
  damaged: (sequence: Sequence) => Promise<Sequence>,
): Decoder {
  const start = async () => {
    let sequence = await decoder.start();
    const damage = async () => {
      if (sequence.length > 0) sequence = await damaged(sequence);
      return sequence;
    };
    return {
      get length() {
        return sequence.length;
      },
      append: async (tokens: readonly number[]) => (await damage()).append(tokens),
      appendAll: async (tokens: readonly number[]) => (await damage()).appendAll(tokens),
      rewind: (length: number) => sequence.rewind(length),
      fork: () => sequence.fork(),
      [Symbol.asyncDispose]: async () => {},
    };
  };
  return { ...decoder, start };
}

describe("test cases", () => {
  test("have eleven ids and their logits, the same for the same seed", () => {
    for (const { tokens, logits } of cases) {
      expect(tokens).toHaveLength(11);
      expect(logits.map((row) => row.length)).toEqual(tokens.map(() => 1000));
    }
    const [again] = makeTestCases({ config, weights }, 42, { count: 1, length: 11 });
    expect(again).toEqual(cases[0]);
  });

  test("pass in all three ways", async () => {
    const decoder = referenceDecoder(config, weights);
    expect(await passes(decoder)).toEqual({ "no cache": 3, "with cache": 3, "token by token": 3 });
  });

  test("fail if one weight differs, with the first wrong logit", async () => {
    const corrupted = randomWeights(config, 42);
    corrupted.layers[1].kProj.weight[7] += 0.5;
    const [verdict] = await runTestCases(referenceDecoder(config, corrupted), cases, ["no cache"]);
    expect(verdict.passed.size).toBe(0);
    expect(verdict.largestError).toBeGreaterThan(1e-6);
    expect(verdict.problem).toMatch(/^case 0: the logit of token \d+ at position \d+ is /);
  });

  test("fail with a cache that loses tokens, and pass without a cache", async () => {
    const reference = referenceDecoder(config, weights);
    const forgetful = afterFirstCall(reference, () => reference.start());
    const alone = { "no cache": 3, "with cache": 0, "token by token": 0 };
    expect(await passes(forgetful)).toEqual(alone);
  });
});
