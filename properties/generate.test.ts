import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { models } from "../src/arbitraries/models.ts";
import { rawTokens, tokensOf } from "../src/arbitraries/tokens.ts";
import { tokenSteps } from "../src/cost/generation.ts";
import {
  type GenerateOptions,
  generate,
  generateBatch,
  generateStream,
  padRows,
} from "../src/generation/generate.ts";
import { seededRandom } from "../src/math/random.ts";
import { modelConfig } from "../src/model/config.ts";
import type { Model } from "../src/model/model.ts";
import { namedModel } from "../src/model/named/registry.ts";
import { initWeights } from "../src/model/weights.ts";
import { referenceDecoder } from "../src/reference/reference-decoder.ts";
import { sampleToken } from "../src/sampling/sample-token.ts";
import { counted } from "./counted.ts";
import { property } from "./support.ts";

const decoderOf = ({ config, weights }: Pick<Model, "config" | "weights">) =>
  referenceDecoder(config, weights);

/** The demo model with a context of eight tokens. */
const config = modelConfig({ ...namedModel("demo").config, maxPositionEmbeddings: 8 });
const demo = decoderOf({ config, weights: initWeights(config, 42) });
const greedy = { temperature: 0 };

/** Models, prompts shorter than the context, and sampling options. */
const runs = fc
  .record({
    model: models(),
    raw: rawTokens(1, 6),
    n: fc.integer({ min: 1, max: 8 }),
    seed: fc.nat(),
    sampling: fc.record({
      temperature: fc.constantFrom(0, 1, 2, 0.5),
      topK: fc.nat({ max: 4 }),
      topP: fc.constantFrom(1, 0.9, 0.5),
    }),
  })
  .map(({ model, raw, n, ...rest }) => {
    const prompt = tokensOf(model.config, raw);
    const room = model.config.maxPositionEmbeddings - prompt.length + 1;
    return { model, prompt, maxNewTokens: Math.min(n, room), ...rest };
  });

describe("generate", () => {
  property(
    "gives the same tokens with and without a cache, and counts the tokens it runs",
    runs,
    async ({ model, prompt, maxNewTokens, sampling, seed }) => {
      const texts: (readonly number[])[] = [];
      for (const naive of [false, true]) {
        const { decoder, count } = counted(decoderOf(model));
        const options = { ...sampling, maxNewTokens, naive, random: seededRandom(seed) };
        const result = await generate(decoder, prompt, options);
        const sent = count.widths.reduce((sum, width) => sum + width, 0);
        const mode = naive ? "naive" : "cached";
        const lengths = { promptLength: prompt.length, newTokens: maxNewTokens };
        expect(result.tokenSteps).toBe(sent);
        expect(BigInt(sent)).toBe(tokenSteps({ ...lengths, mode }));
        expect(result.finishReason).toBe("max_new_tokens");
        expect(count.disposed).toBe(count.started);
        texts.push(result.tokens);
      }
      expect(texts[0]).toEqual(texts[1]);
      expect(texts[0]).toHaveLength(prompt.length + maxNewTokens);
    },
    200,
  );

  property(
    "equals the loop: append, take the last logits, sample, repeat",
    runs,
    async ({ model, prompt, maxNewTokens, sampling, seed }) => {
      const decoder = decoderOf(model);
      const random = seededRandom(seed);
      const held = [...prompt];
      for (let i = 0; i < maxNewTokens; i++) {
        await using sequence = await decoder.start();
        held.push(sampleToken(await sequence.append(held), sampling, random));
      }
      const options = { ...sampling, maxNewTokens, random: seededRandom(seed) };
      const frozen = Object.freeze([...prompt]);
      const { tokens, newTokens } = await generate(decoder, frozen, options);
      expect(tokens).toEqual(held);
      expect(newTokens).toEqual(held.slice(prompt.length));
      expect(frozen).toEqual(prompt);
    },
  );

  property(
    "ends with the end-of-sequence token",
    runs,
    async ({ model, prompt, maxNewTokens, sampling, seed }) => {
      const decoder = decoderOf(model);
      const options = () => ({ ...sampling, maxNewTokens, random: seededRandom(seed) });
      const free = await generate(decoder, prompt, options());
      const eosTokenId = free.newTokens.at(seed % maxNewTokens)!;
      const cut = await generate(decoder, prompt, { ...options(), eosTokenId });
      const length = free.newTokens.indexOf(eosTokenId) + 1;
      expect(cut.newTokens).toEqual(free.newTokens.slice(0, length));
      expect(cut.finishReason).toBe("eos");
      expect(cut.tokenSteps).toBe(prompt.length + length - 1);
    },
  );

  test("10 tokens after [3, 7, 11, 15] are the same for the same seed", async () => {
    const { config } = namedModel("demo");
    const decoder = decoderOf({ config, weights: initWeights(config, 42) });
    const run = async (seed: number) => {
      const options = { maxNewTokens: 10, random: seededRandom(seed) };
      return (await generate(decoder, [3, 7, 11, 15], options)).tokens;
    };
    const tokens = await run(42);
    expect(tokens).toHaveLength(14);
    expect(tokens.slice(0, 4)).toEqual([3, 7, 11, 15]);
    expect(tokens.every((token) => Number.isInteger(token) && token >= 0 && token < 256)).toBe(
      true,
    );
    expect(await run(42)).toEqual(tokens);
    expect(await run(43)).not.toEqual(tokens);
  });

  test("an end-of-sequence token in the prompt does not end the text", async () => {
    const free = await generate(demo, [5, 6], { ...greedy, maxNewTokens: 3 });
    const eosTokenId = 5;
    expect(free.newTokens).not.toContain(eosTokenId);
    const run = await generate(demo, [5, 6], { ...greedy, maxNewTokens: 3, eosTokenId });
    expect(run).toEqual(free);
  });

  test("streams tokens one by one, and disposes of its sequence when stopped early", async () => {
    const { newTokens } = await generate(demo, [1, 2], { ...greedy, maxNewTokens: 4 });
    const { decoder, count } = counted(demo);
    const streamed: number[] = [];
    for await (const token of generateStream(decoder, [1, 2], { ...greedy, maxNewTokens: 4 })) {
      streamed.push(token);
      if (streamed.length === 2) break;
    }
    expect(streamed).toEqual(newTokens.slice(0, 2));
    expect(count).toEqual({ widths: [2, 1], started: 1, disposed: 1 });
  });

  test("disposes of its sequence when sampling fails", async () => {
    const { decoder, count } = counted(demo);
    await expect(generate(decoder, [1], { maxNewTokens: 1 })).rejects.toThrow(TypeError);
    expect(count.disposed).toBe(1);
  });

  test("disposes of the sequences of all rows when one row fails", async () => {
    const { decoder, count } = counted(demo);
    const rows = [{ prompt: [1], random: seededRandom(1) }, { prompt: [2] }];
    await expect(generateBatch(decoder, rows, { maxNewTokens: 2 })).rejects.toThrow(TypeError);
    expect([count.started, count.disposed]).toEqual([2, 2]);
  });
});

describe("the context limit", () => {
  test.for([
    [5, 3, 3, "max_new_tokens"],
    [5, 4, 4, "max_new_tokens"],
    [5, 5, 4, "length_limit"],
    [5, 100, 4, "length_limit"],
    [8, 1, 1, "max_new_tokens"],
    [8, 2, 1, "length_limit"],
    [1, 8, 8, "max_new_tokens"],
    [4, 0, 0, "max_new_tokens"],
  ] as const)(
    "of 8 tokens: a prompt of %i and %i wanted tokens generate %i, %s",
    async ([length, maxNewTokens, made, finishReason]) => {
      const prompt = Array.from({ length }, (_, t) => t);
      for (const naive of [false, true]) {
        const run = await generate(demo, prompt, { ...greedy, maxNewTokens, naive });
        expect(run.newTokens).toHaveLength(made);
        expect(run.finishReason).toBe(finishReason);
      }
    },
  );

  test.for<[prompt: number, options: Partial<GenerateOptions>, message: string]>([
    [0, {}, "generate: the prompt must hold 1 to 8 tokens, got 0"],
    [9, {}, "generate: the prompt must hold 1 to 8 tokens, got 9"],
    [9, { truncate: true }, "generate: the prompt must hold 1 to 8 tokens, got 9"],
    [1, { maxNewTokens: -1 }, "generate: maxNewTokens must be an integer from 0, got -1"],
    [1, { maxNewTokens: 1.5 }, "generate: maxNewTokens must be an integer from 0, got 1.5"],
    [1, { maxNewTokens: Number.NaN }, "generate: maxNewTokens must be an integer from 0, got NaN"],
  ])("is checked before any work: a prompt of %i, %j", async ([length, options, message]) => {
    const { decoder, count } = counted(demo);
    const prompt = Array.from({ length }, () => 0);
    const call = generate(decoder, prompt, { ...greedy, maxNewTokens: 1, ...options });
    await expect(call).rejects.toThrow(new RangeError(message));
    expect(count.started).toBe(0);
  });
});

describe("a batch", () => {
  property(
    "ends each row independently, and gives it the tokens that it gets alone",
    fc.record({
      model: models(),
      raws: fc.array(rawTokens(1, 5), { maxLength: 4 }),
      n: fc.nat({ max: 6 }),
      eos: fc.nat(),
      temperature: fc.constantFrom(0, 1, 2),
    }),
    async ({ model, raws, n, eos, temperature }) => {
      const decoder = decoderOf(model);
      const prompts = raws.map((raw) => tokensOf(model.config, raw));
      const eosTokenId = eos % model.config.vocabSize;
      const options = { temperature, maxNewTokens: n, eosTokenId };
      const random = (row: number) => seededRandom(row);
      const rows = prompts.map((prompt, row) => ({ prompt, random: random(row) }));
      const batch = await generateBatch(decoder, rows, options);
      expect(batch).toHaveLength(prompts.length);
      for (const [row, prompt] of prompts.entries()) {
        const alone = await generate(decoder, prompt, { ...options, random: random(row) });
        expect(batch[row]).toEqual(alone);
      }
    },
    200,
  );

  test("one row ends at its end-of-sequence token, the others continue", async () => {
    const prompts = [[1], [2], [3]];
    const alone = await Promise.all(
      prompts.map((prompt) => generate(demo, prompt, { ...greedy, maxNewTokens: 5 })),
    );
    const eosTokenId = alone[0].newTokens[1];
    const rows = prompts.map((prompt) => ({ prompt }));
    const batch = await generateBatch(demo, rows, { ...greedy, maxNewTokens: 5, eosTokenId });
    expect(batch[0].finishReason).toBe("eos");
    const end = alone[0].newTokens.indexOf(eosTokenId) + 1;
    expect(batch[0].newTokens).toEqual(alone[0].newTokens.slice(0, end));
    expect(batch.some(({ newTokens }) => newTokens.length > end)).toBe(true);
    const padded = padRows(batch, 255);
    const longest = Math.max(...batch.map(({ tokens }) => tokens.length));
    for (const [row, { tokens }] of batch.entries()) {
      const padding = Array.from({ length: longest - tokens.length }, () => 255);
      expect(padded[row]).toEqual([...tokens, ...padding]);
    }
    expect(padRows([], 0)).toEqual([]);
  });
});
