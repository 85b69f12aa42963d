import fc from "fast-check";
import { law } from "./law.ts";
import { generationCanary } from "./support/canary.ts";
import { expectThat } from "./support/expect.ts";
import { freshLogits } from "./support/fresh-logits.ts";
import { samplerOf } from "./support/sampler.ts";
import {
  describeRequest,
  expectText,
  generationOf,
  type RequestCase,
  requestFor,
  requests,
} from "./support/texts.ts";

export const penaltyHistory = law<RequestCase>({
  id: "penalty-history",
  name: "penalties and bans see exactly the history",
  chapter: "generation",
  statement:
    "Every token is the sampler's choice from the logits of a new sequence with all tokens so far, given as history the prompt and the new tokens, or the new tokens alone, as declared, in order and up to the last one; and it has a positive probability there.",
  source: "Hugging Face gives its processors all input_ids; vLLM separates prompt and output",
  catches:
    "histories that lag a token behind, lack the prompt or have it when they must not, lose the order",
  needs: ["generation.generate", "sampler.sample", "sampler.distribution"],
  precondition: { name: "the other history would give another text", floor: 0.15 },
  cases: (subject, sizes) =>
    fc.record({ candidate: subject.candidates, request: requests(subject, sizes, 8) }),
  check: async ({ candidate: { decoder }, request }, subject) => {
    const { generate } = generationOf(subject);
    const one = requestFor(decoder, request);
    const { prompt, options, fresh } = one;
    const actual = await generate(decoder, prompt, fresh());
    const what = describeRequest("text", one);
    const { sample, distribution } = samplerOf(subject);
    const { random } = fresh();
    const { maxPositionEmbeddings: P } = decoder.config;
    const newTokens: number[] = [];
    while (newTokens.length < options.maxNewTokens && prompt.length + newTokens.length <= P) {
      const held = [...prompt, ...newTokens];
      const history = options.history === "generated" ? [...newTokens] : held;
      const row = await freshLogits(decoder, held);
      const token = sample(row, options, random, history);
      const probability = distribution(row, options, history)[token];
      expectThat(probability > 0, `${what} has ${token} after [${held}], of probability 0`);
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
  canaries: [
    generationCanary("the two histories are exchanged", ({ generate }) => ({
      generate: (decoder, prompt, options) => {
        const history = options.history === "generated" ? "all" : "generated";
        return generate(decoder, prompt, { ...options, history });
      },
    })),
  ],
});
