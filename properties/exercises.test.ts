/** Exercises and quick checks from courses on decoders: each answer is checked. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { models } from "../src/arbitraries/models.ts";
import { rawTokens, tokensOf } from "../src/arbitraries/tokens.ts";
import { parameterSummary, share } from "../src/cost/parameters.ts";
import { forward, forwardStages } from "../src/definition.ts";
import { generate } from "../src/generation/generate.ts";
import { standardAttention } from "../src/math/attention.ts";
import { softmax } from "../src/math/softmax.ts";
import { type ConfigInput, modelConfig } from "../src/model/config.ts";
import { namedModel } from "../src/model/named/registry.ts";
import { tinyWords } from "../src/model/named/tiny-words.ts";
import { initWeights } from "../src/model/weights.ts";
import { ReferencePass } from "../src/reference/forward.ts";
import { KvCache } from "../src/reference/kv-cache.ts";
import { referenceDecoder } from "../src/reference/reference-decoder.ts";
import { greedy } from "../src/sampling/greedy.ts";
import { distribution } from "../src/sampling/sample-token.ts";
import { wordTokenizer } from "../src/tokenizers/words.ts";
import { largestError } from "../src/tolerance/compare.ts";
import { counted } from "./counted.ts";
import { property } from "./support.ts";

/** A named model, changed, with its seeded weights. */
function model(name: string, change: Partial<ConfigInput> = {}) {
  const config = modelConfig({ ...namedModel(name).config, ...change });
  const weights = initWeights(config, 42);
  return { config, weights, decoder: referenceDecoder(config, weights) };
}

const demo = model("demo");
const tiny = model("tiny");
/** For tests that only count passes. */
const small = model("demo", { hiddenSize: 8, headDim: 2, maxPositionEmbeddings: 160 });
const prompt = [3, 7, 11, 15];

async function last({ decoder }: Pick<typeof demo, "decoder">, tokens: readonly number[]) {
  await using sequence = await decoder.start();
  return sequence.append(tokens);
}

/** Number of tokens in each pass of a greedy generation. */
async function widths(promptLength: number, maxNewTokens: number, naive: boolean) {
  const { decoder, count } = counted(small.decoder);
  const tokens = Array.from({ length: promptLength }, (_, t) => t);
  await generate(decoder, tokens, { temperature: 0, maxNewTokens, naive });
  return count.widths;
}

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

describe("quick checks", () => {
  test("only the last row depends on every token", () => {
    const rows = forward(demo.config, demo.weights, prompt);
    const changed = forward(demo.config, demo.weights, prompt.with(-1, 200));
    for (const t of [0, 1, 2]) expect(changed[t]).toEqual(rows[t]);
    expect(changed[3]).not.toEqual(rows[3]);
  });

  test("T = 0 divides by zero; here it is the limit, greedy", () => {
    const logits = Float64Array.of(1, 2, 3);
    expect(() => softmax(logits.map((logit) => logit / 0))).toThrow("must be finite, got Infinity");
    expect(Array.from(distribution(logits, { temperature: 0 }))).toEqual([0, 0, 1]);
    expect(distribution(logits, { temperature: 0.01 })[2]).toBeCloseTo(1, 12);
  });

  test("tied, embedding and head are one matrix; untied they are two", () => {
    const matrices = ({ weights }: typeof demo) =>
      new Set([weights.embedTokens.buffer, weights.lmHead.weight.buffer]).size;
    expect(matrices(demo)).toBe(1);
    expect(matrices(model("demo", { tieWordEmbeddings: false }))).toBe(2);
  });

  test("without a cache each step runs one token more than the last; with a cache always one", async () => {
    for (const [naive, growth] of [
      [true, 1],
      [false, 0],
    ] as const) {
      const steps = (await widths(5, 8, naive)).slice(1);
      expect(steps.slice(1).map((width, i) => width - steps[i])).toEqual(
        Array.from({ length: 6 }, () => growth),
      );
    }
  });

  test("row 0 depends on the first token only", () => {
    const row = (tokens: number[], weights = demo.weights) =>
      forward(demo.config, weights, tokens)[0];
    expect(row([5, 1, 2])).toEqual(row([5, 200]));
    expect(row([5, 1, 2])).not.toEqual(row([9, 1, 2]));
    // Two first tokens with equal embeddings give equal rows.
    const twins = initWeights(demo.config, 42);
    const { hiddenSize: D } = demo.config;
    twins.embedTokens.copyWithin(9 * D, 5 * D, 6 * D);
    expect(row([9, 1], twins)).toEqual(row([5, 1], twins));
  });
});

describe("exercises", () => {
  test("tied, Llama 3 8B has 7,504,924,672, 7.00 % of them in the embedding", () => {
    const percent = (name: string) => {
      const tied = { ...namedModel(name).config, tieWordEmbeddings: true };
      const { embedding, total } = parameterSummary(tied);
      return [total, (100 * share(embedding, total)).toFixed(2)];
    };
    expect(percent("llama-3-8b")).toEqual([7_504_924_672n, "7.00"]);
    expect(percent("llama-2-7b")).toEqual([6_607_343_616n, "1.98"]);
  });

  property(
    "truncated, each token follows from a new run of the last P tokens",
    fc.record({ model: models(), raw: rawTokens(1, 6), beyond: fc.integer({ min: 1, max: 4 }) }),
    async ({ model, raw, beyond }) => {
      const { maxPositionEmbeddings: P } = model.config;
      const decoder = referenceDecoder(model.config, model.weights);
      const start = tokensOf(model.config, raw);
      const maxNewTokens = P - start.length + 1 + beyond;
      const held = [...start];
      let steps = 0;
      for (let made = 0; made < maxNewTokens; made++) {
        held.push(greedy(await last({ decoder }, held.slice(-P))));
        steps += made === 0 ? start.length : start.length + made <= P ? 1 : P;
      }
      const options = { temperature: 0, maxNewTokens, truncate: true };
      const run = await generate(decoder, start, options);
      expect(run.tokens).toEqual(held);
      expect(run.finishReason).toBe("max_new_tokens");
      expect(run.tokenSteps).toBe(steps);
      const cut = await generate(decoder, start, { ...options, truncate: false });
      expect(cut.finishReason).toBe("length_limit");
      expect(cut.newTokens).toEqual(run.newTokens.slice(0, -beyond));
    },
  );

  describe("once the window has moved, the cache is invalid:", () => {
    const P = 8;
    const tokens = [3, 7, 11, 15, 200, 41, 5, 90, 66];

    /**
     * Largest error of logits from a kept cache, its oldest token dropped, against a new run of the
     * last P tokens. A sliding window of P over a longer context is such a kept cache.
     */
    async function error(name: string, numHiddenLayers: number): Promise<number> {
      const change = { numHiddenLayers, maxPositionEmbeddings: 2 * P };
      const cold = await last(model(name, change), tokens.slice(-P));
      const kept = await last(model(name, { ...change, slidingWindow: P }), tokens);
      return largestError([kept], [cold]);
    }

    test("its keys and values depend on a token that was dropped", async () => {
      expect(await error("demo", 2)).toBeGreaterThan(1e-3);
    });

    test("and on positions that have moved, except with RoPE and one layer", async () => {
      expect(await error("demo", 1)).toBeLessThan(1e-12);
      expect(await error("overview", 1)).toBeGreaterThan(1e-3); // learned positions
    });
  });

  test("with a cache only new tokens are run, and the logits are bit for bit the same", async () => {
    const tokens = [3, 7, 11, 15, 200, 41];
    for (let prefill = 1; prefill < tokens.length; prefill++) {
      const { decoder, count } = counted(demo.decoder);
      await using sequence = await decoder.start();
      let logits = await sequence.append(tokens.slice(0, prefill));
      for (const token of tokens.slice(prefill)) logits = await sequence.append([token]);
      expect(logits).toEqual(await last(demo, tokens));
      expect(sum(count.widths)).toBe(tokens.length);
    }
  });
});

describe("the number of tokens that a generation runs", () => {
  test("4 + 10 tokens are 85 token-steps naive, 13 cached", async () => {
    const naive = await widths(4, 10, true);
    const cached = await widths(4, 10, false);
    expect(naive).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
    expect(cached).toEqual([4, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
    expect([sum(naive), sum(cached)]).toEqual([85, 13]);
    expect((85 / 13).toFixed(2)).toBe("6.54");
  });

  test("the 50th token after a prompt of 100 is a pass over 149", async () => {
    expect((await widths(100, 50, true)).at(-1)).toBe(149);
  });
});

describe("the tiny model of 20 words", () => {
  const words = wordTokenizer(tinyWords);

  test("'the cat sat' becomes ten words, each the most probable", async () => {
    const tokens = words.encode("the cat sat");
    expect(tokens).toEqual([0, 1, 3]);
    const options = { temperature: 0, maxNewTokens: 10 - tokens.length };
    const run = await generate(tiny.decoder, tokens, options);
    expect(run.newTokens).toHaveLength(7);
    expect(words.decode(run.tokens).split(" ")).toHaveLength(10);
    for (const [i, token] of run.newTokens.entries()) {
      const probs = softmax(await last(tiny, run.tokens.slice(0, 3 + i)));
      expect(greedy(probs)).toBe(token);
    }
    expect(await generate(tiny.decoder, tokens, { ...options, naive: true })).toMatchObject({
      tokens: run.tokens,
    });
  });

  test("'the cat sat on the' holds positions 0 to 4; the next word is at 5", async () => {
    await using sequence = await tiny.decoder.start();
    await sequence.append(words.encode("the cat sat on the"));
    expect(sequence.length).toBe(5);
  });

  /** Positions of the cache that differ between two states, for each layer. */
  function changedPositions(before: readonly Float64Array[], after: readonly Float64Array[]) {
    const { headDim: H, maxPositionEmbeddings: P } = tiny.config;
    return after.map((layer, l) =>
      Array.from({ length: P }, (_, t) => t).filter((t) =>
        layer.subarray(t * H, (t + 1) * H).some((x, h) => !Object.is(x, before[l][t * H + h])),
      ),
    );
  }

  test("'the' after 'the cat sat on' adds one key and one value a layer", () => {
    const { config, weights } = tiny;
    const cache = new KvCache(config);
    const pass = new ReferencePass(
      config,
      weights,
      standardAttention(config.maxPositionEmbeddings),
    );
    for (const [t, token] of words.encode("the cat sat on").entries()) {
      pass.step(cache, token, t, t);
    }
    const copies = (part: "keys" | "values") => cache.layers.map((layer) => layer[part].slice());
    const [keys, values] = [copies("keys"), copies("values")];
    pass.step(cache, words.encode("the")[0], 4, 4);
    // Rows 0 to 3, of the old words, are unchanged, bit for bit.
    expect(changedPositions(keys, copies("keys"))).toEqual([[4], [4], [4]]);
    expect(changedPositions(values, copies("values"))).toEqual([[4], [4], [4]]);
  });

  test("it has five scores a layer; those of the old words do not change", () => {
    const { config, weights } = tiny;
    const four = forwardStages(config, weights, words.encode("the cat sat on"));
    const five = forwardStages(config, weights, words.encode("the cat sat on the"));
    for (const [l, { attention, output }] of five.layers.entries()) {
      const [head] = attention;
      expect(head[4].filter((prob) => prob > 0)).toHaveLength(5);
      for (const t of [0, 1, 2, 3]) {
        expect(head[t].slice(0, 4)).toEqual(four.layers[l].attention[0][t]);
        expect(head[t][4]).toBe(0);
        expect(output[t]).toEqual(four.layers[l].output[t]);
      }
    }
  });
});
