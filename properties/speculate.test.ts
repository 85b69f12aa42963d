/** Speculation and log-probabilities: worked examples, counts and errors. */
import { describe, expect, test } from "vitest";
import { rowIndex, scriptedDecoder } from "../src/arbitraries/scripted-decoder.ts";
import type { Decoder } from "../src/decoder.ts";
import { generate } from "../src/generation/generate.ts";
import { logProbs } from "../src/generation/log-probs.ts";
import { speculate } from "../src/generation/speculate.ts";
import { seededRandom } from "../src/math/random.ts";

/** The next token is the last one plus 1, modulo V. */
const counter = (V: number, P = 32): Decoder =>
  scriptedDecoder(V, P, (tokens) =>
    Float64Array.from({ length: V }, (_, id) => (id === (tokens.at(-1)! + 1) % V ? 5 : 0)),
  );

/** As the counter, but after a multiple of 3 the token is repeated. */
const stutterer = (V: number, P = 32): Decoder =>
  scriptedDecoder(V, P, (tokens) => {
    const last = tokens.at(-1)!;
    const next = last % 3 === 0 ? last : (last + 1) % V;
    return Float64Array.from({ length: V }, (_, id) => (id === next ? 5 : 0));
  });

describe("speculation", () => {
  const greedy = { temperature: 0, maxNewTokens: 9 };

  test("a perfect draft of 2 gives 9 tokens in 3 rounds, with each token run once", async () => {
    const text = await speculate(counter(16), counter(16), [4], { ...greedy, draftTokens: 2 });
    expect(text).toEqual({
      tokens: [4, 5, 6, 7, 8, 9, 10, 11, 12, 13],
      newTokens: [5, 6, 7, 8, 9, 10, 11, 12, 13],
      finishReason: "max_new_tokens",
      tokenSteps: 9,
      drafted: 6,
      accepted: 6,
    });
  });

  test("a draft that is wrong after multiples of 3 loses two of seven proposals", async () => {
    const text = await speculate(counter(16), stutterer(16), [4], { ...greedy, draftTokens: 3 });
    expect(text.newTokens).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13]);
    expect([text.drafted, text.accepted]).toEqual([8, 6]);
  });

  test("nothing is proposed or counted after an end of sequence", async () => {
    const options = { ...greedy, draftTokens: 5, eosTokenId: 6 };
    const text = await speculate(counter(16), counter(16), [4], options);
    expect(text.newTokens).toEqual([5, 6]);
    expect([text.finishReason, text.drafted, text.accepted]).toEqual(["eos", 2, 2]);
  });

  test("the history of penalties includes earlier proposals", async () => {
    const options = { ...greedy, presencePenalty: 9, draftTokens: 4 };
    const text = await speculate(counter(4), counter(4), [0], options);
    const plain = await generate(counter(4), [0], { ...greedy, presencePenalty: 9 });
    expect(text.newTokens).toEqual(plain.newTokens);
    expect(plain.newTokens.slice(0, 4)).toEqual([1, 2, 3, 0]);
  });

  test("if p and q differ only by rounding, a rejected proposal is drawn again from p", async () => {
    const always = (first: number) =>
      scriptedDecoder(3, 8, () => Float64Array.of(first, 1 / 64, 1 / 4));
    // Softmax rounds every p to q or below, so that max(0, p - q) is empty.
    const [target, draft] = [always(1e-16), always(0)];
    const top = () => 1 - 2 ** -53;
    const options = { maxNewTokens: 2, draftTokens: 1, random: top };
    expect((await speculate(target, draft, [0], options)).newTokens).toHaveLength(2);
  });

  test("a draft of another vocabulary and a proposal of 0 tokens are refused", async () => {
    await expect(
      speculate(counter(4), counter(5), [0], { ...greedy, draftTokens: 1 }),
    ).rejects.toThrow(
      new RangeError("speculate: the draft's vocabulary must hold 4 tokens, got 5"),
    );
    await expect(
      speculate(counter(4), counter(4), [0], { ...greedy, draftTokens: 0 }),
    ).rejects.toThrow(new RangeError("speculate: draftTokens must be an integer from 1, got 0"));
  });

  test("draws without a random source are refused", async () => {
    await expect(
      speculate(counter(4), counter(4), [0], { maxNewTokens: 1, draftTokens: 1 }),
    ).rejects.toThrow(TypeError);
  });

  test("the target as its draft loses no proposal, for all draws", async () => {
    const rows = [Float64Array.of(0, 1, 2), Float64Array.of(1, 1, 0), Float64Array.of(-1, 3, 0)];
    const decoder = scriptedDecoder(3, 64, (tokens) => rows[rowIndex(tokens, 3)]);
    const random = seededRandom(5);
    const options = { maxNewTokens: 40, draftTokens: 3, random };
    const text = await speculate(decoder, decoder, [0], options);
    expect(text.newTokens).toHaveLength(40);
    expect(text.accepted).toBe(text.drafted);
  });
});

describe("log-probabilities", () => {
  const decoder = scriptedDecoder(2, 8, (tokens) =>
    tokens.length === 1 ? Float64Array.of(0, Math.log(3)) : Float64Array.of(1000, 0),
  );

  test("worked example: p = 3/4 for the first, e^-1000 for the second", async () => {
    const [first, second] = await logProbs(decoder, [0, 1, 1]);
    expect(first).toBeCloseTo(Math.log(3 / 4), 15);
    expect(second).toBe(-1000);
  });

  test("one token and an illegal last id are refused", async () => {
    await expect(logProbs(decoder, [0])).rejects.toThrow(
      new RangeError("logProbs: there must be at least 2 tokens, got 1"),
    );
    for (const id of [2, -1, 0.5]) {
      await expect(logProbs(decoder, [0, id])).rejects.toThrow(
        new RangeError(`logProbs: a token id must be an integer in [0, 2), got ${id}`),
      );
    }
  });
});
