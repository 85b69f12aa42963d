import fc from "fast-check";
import { tokensOf } from "../arbitraries/tokens.ts";
import { completionsLaw } from "./law.ts";
import { completionsCanary } from "./support/canary.ts";
import { ask, expectSameTop, type PromptCase, promptCase } from "./support/completions.ts";

export const completionStepwise = completionsLaw<PromptCase & { steps: number }>({
  id: "completion-stepwise",
  name: "a text equals its tokens requested one by one",
  chapter: "servers",
  statement:
    "Each of n tokens in one answer has the log-probabilities of a request for one token after the prompt and the tokens before it.",
  source: "the chain rule; a prompt's tokens and new tokens are the same to the model",
  catches:
    "log-probabilities of the step before or after, positions that restart after the prompt, a decode that differs from the prefill",
  needs: [],
  precondition: { name: "at least two tokens were made", floor: 0.5 },
  cases: (subject, sizes) =>
    fc.record({ ...promptCase(subject, sizes), steps: fc.integer({ min: 2, max: 5 }) }),
  check: async ({ candidate, prompt: raw, count, steps }, subject) => {
    const prompt = tokensOf(candidate, raw);
    const options = { maxNewTokens: steps, topLogProbs: count };
    const { newTokens, top } = await ask(candidate, prompt, options);
    for (const [i, row] of top.entries()) {
      const before = [...prompt, ...newTokens.slice(0, i)];
      const one = await ask(candidate, before, { ...options, maxNewTokens: 1 });
      const what = `token ${i} of ${newTokens.length} after [${prompt}], by itself after [${before}]`;
      expectSameTop(what, one.top[0], row, subject.repeatable);
    }
    return newTokens.length > 1;
  },
  canaries: [
    completionsCanary("lists are one step late", () => async ({ complete }, prompt, options) => {
      const completed = await complete(prompt, options);
      return { ...completed, top: [completed.top[0], ...completed.top.slice(0, -1)] };
    }),
  ],
});
