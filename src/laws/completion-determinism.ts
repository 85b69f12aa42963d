import fc from "fast-check";
import { longestSmallContext, tokensOf } from "../arbitraries/tokens.ts";
import type { Completed } from "../generation/complete.ts";
import { completionsLaw } from "./law.ts";
import { completionsCanary } from "./support/canary.ts";
import { ask, expectSameTop, type PromptCase, promptCase } from "./support/completions.ts";
import { expectThat } from "./support/expect.ts";

export const completionDeterminism = completionsLaw<
  PromptCase & { others: { shared: number; rest: number[] }[]; steps: number }
>({
  id: "completion-determinism",
  name: "an answer depends on the prompt alone",
  chapter: "servers",
  statement:
    "A prompt gives the same log-probabilities again, also after other prompts that share a beginning with it, and without any cache.",
  source: "prompt caches: remembered keys and values are those of the same tokens",
  catches:
    "a prompt cache that is looked up by too little of the prompt, slots that keep another text, answers that depend on earlier requests",
  needs: [],
  precondition: { name: "another prompt shared a beginning of two tokens", floor: 0.25 },
  cases: (subject, sizes) => {
    const other = fc.record({ shared: fc.nat({ max: 6 }), rest: sizes.tokens(0, 4) });
    const others = fc.array(other, { minLength: 1, maxLength: 3 });
    const steps = fc.constantFrom(1, 1, 1, 2, 5, longestSmallContext + 1);
    return fc.record({ ...promptCase(subject, sizes), others, steps });
  },
  check: async ({ candidate, prompt: raw, count, others, steps }, subject) => {
    const prompt = tokensOf(candidate, raw);
    const isBitwise = subject.repeatable === "bitwise"; // else a text may depend on a rounding
    const options = { maxNewTokens: isBitwise ? steps : 1, topLogProbs: count };
    const answer = async (tokens: readonly number[], cache = true) =>
      (await ask(candidate, tokens, { ...options, cache })).top;
    const expectSame = (what: string, actual: Completed["top"], expected: Completed["top"]) => {
      const counts = `${what} has ${actual.length} tokens, but should have ${expected.length}`;
      expectThat(actual.length === expected.length, counts);
      for (const [i, row] of expected.entries()) {
        expectSameTop(`${what}, token ${i}`, actual[i], row, subject.repeatable);
      }
    };
    const first = await answer(prompt);
    const asked = others.map(({ shared, rest }) =>
      tokensOf(candidate, [...prompt.slice(0, shared), ...rest]),
    );
    for (const tokens of asked) if (tokens.length > 0) await answer(tokens);
    const between = asked.map((tokens) => `[${tokens}]`).join(" ");
    const what = `after [${prompt}], asked for again after ${between}`;
    expectSame(what, await answer(prompt), first);
    const cold = `after [${prompt}], without a cache`;
    expectSame(cold, await answer(prompt, false), first);
    return prompt.length > 1 && others.some(({ shared }) => shared > 1);
  },
  canaries: [
    completionsCanary("a prompt is taken for the one before with the same first token", () => {
      let last: readonly number[] = [];
      return async ({ complete }, prompt, options) => {
        const isReused = options.cache !== false && last[0] === prompt[0];
        const answered = isReused ? last : prompt;
        last = prompt;
        return complete(answered, options);
      };
    }),
  ],
});
