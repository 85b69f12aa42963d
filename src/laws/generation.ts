/** Generation: what comes out depends on prompt, options and seed, and on nothing else. */
import fc from "fast-check";
import type { Candidate } from "../subjects/subject.ts";
import { cold } from "./cache.ts";
import { samplerOf } from "./kept.ts";
import { expect, law } from "./law.ts";
import { asked, describeAsked, expectText, generationOf, type Request, requests } from "./texts.ts";

interface One {
  candidate: Candidate;
  request: Request;
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

export const naive = law<One & { truncate: boolean }>({
  code: "P-NAIVE",
  name: "the cache changes the cost and not the text",
  statement:
    "Generation that recomputes the whole sequence for every token gives the tokens of generation with a cache, and both send as many tokens through the decoder as their formulas say.",
  source: "seeds 000 and 001: naive nP + n(n - 1)/2 token steps, cached P + n - 1",
  catches:
    "a last token that is sent twice or never, positions that restart, a prompt that is read again, caches that outlive a restart",
  needs: ["generation.generate"],
  precondition: { name: "at least two tokens were generated", floor: 0.6 },
  cases: (subject) =>
    fc.record({
      candidate: subject.candidates,
      request: requests(subject, 10),
      truncate: fc.boolean(),
    }),
  check: async ({ candidate: { decoder }, request, truncate }, subject) => {
    const { generate } = generationOf(subject);
    const one = asked(decoder, request);
    const { prompt, fresh } = one;
    const cached = await generate(decoder, prompt, { ...fresh(), truncate });
    const uncached = await generate(decoder, prompt, { ...fresh(), truncate, naive: true });
    const what = describeAsked("naive text", one, { truncate });
    await expectText(what, decoder, one, uncached, cached, subject.repeatable);
    const { maxPositionEmbeddings: P } = decoder.config;
    const widths = cached.newTokens.map((_, i) => prompt.length + i);
    const naiveSteps = sum(widths.map((width) => Math.min(P, width)));
    const cachedSteps = sum(widths.map((width, i) => (width > P ? P : i === 0 ? width : 1)));
    const counted = `${what} took ${uncached.tokenSteps} token steps, ${cached.tokenSteps} cached`;
    const right = uncached.tokenSteps === naiveSteps && cached.tokenSteps === cachedSteps;
    expect(right, `${counted}, but should take ${naiveSteps} and ${cachedSteps}`);
    return widths.length > 1;
  },
});

export const seenHistory = law<One>({
  code: "P-HIST",
  name: "penalties and bans see exactly the history",
  statement:
    "Every token is the sampler's choice from the logits of a new sequence with all tokens so far, given as history the prompt and the new tokens, or the new tokens alone, as declared, in order and up to the last one; and it has a positive probability there.",
  source: "Hugging Face gives its processors all input_ids; vLLM tells prompt from output",
  catches:
    "histories that lag a token behind, lack the prompt or have it when they must not, lose the order",
  needs: ["generation.generate", "sampler.sample", "sampler.distribution"],
  precondition: { name: "the other history would give another text", floor: 0.15 },
  cases: (subject) => fc.record({ candidate: subject.candidates, request: requests(subject, 8) }),
  check: async ({ candidate: { decoder }, request }, subject) => {
    const { generate } = generationOf(subject);
    const one = asked(decoder, request);
    const { prompt, options, fresh } = one;
    const actual = await generate(decoder, prompt, fresh());
    const what = describeAsked("text", one);
    const { sample, distribution } = samplerOf(subject);
    const { random } = fresh();
    const { maxPositionEmbeddings: P } = decoder.config;
    const newTokens: number[] = [];
    while (newTokens.length < options.maxNewTokens && prompt.length + newTokens.length <= P) {
      const held = [...prompt, ...newTokens];
      const history = options.history === "generated" ? [...newTokens] : held;
      const row = await cold(decoder, held);
      const token = sample(row, options, random, history);
      const probability = distribution(row, options, history)[token];
      expect(probability > 0, `${what} has ${token} after [${held}], of probability 0`);
      newTokens.push(token);
    }
    const cut = newTokens.length < options.maxNewTokens;
    const finishReason = cut ? "length_limit" : "max_new_tokens";
    const expected = { newTokens, finishReason } as const;
    await expectText(what, decoder, one, actual, expected, subject.repeatable);
    const history = options.history === "generated" ? "all" : "generated";
    const other = await generate(decoder, prompt, { ...fresh(), history });
    return other.newTokens.join() !== actual.newTokens.join();
  },
});
