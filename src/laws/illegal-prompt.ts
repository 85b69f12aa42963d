import fc from "fast-check";
import { illegalIds } from "../arbitraries/illegal.ts";
import { tokensOf } from "../arbitraries/tokens.ts";
import { completionsLaw } from "./law.ts";
import { completionsCanary } from "./support/canary.ts";
import { ask, expectSameTop, type PromptCase, promptCase } from "./support/completions.ts";
import { expectThat } from "./support/expect.ts";

export const illegalPrompt = completionsLaw<PromptCase & { at: number }>({
  id: "illegal-prompt",
  name: "an illegal prompt is refused, and changes nothing",
  chapter: "servers",
  statement:
    "A prompt with an id that is not an integer in [0, V), or without one, is refused, and the next answer is what it was before.",
  source: "array bounds: an embedding has V rows",
  catches: "ids that wrap around or read beyond the embedding, requests that break a server",
  needs: [],
  precondition: { name: "the prompt has legal tokens too", floor: 0.5 },
  cases: (subject, sizes) => fc.record({ ...promptCase(subject, sizes), at: fc.nat({ max: 5 }) }),
  check: async ({ candidate, prompt: raw, count, at }, subject) => {
    const { vocabSize: V } = candidate;
    const prompt = tokensOf(candidate, raw);
    const options = { maxNewTokens: 1, topLogProbs: count };
    const before = await ask(candidate, prompt, options);
    const illegal = illegalIds(V).map((id) => prompt.with(at % prompt.length, id));
    for (const tokens of [[], ...illegal]) {
      const accepted = await candidate.complete(tokens, options).then(
        () => true,
        () => false,
      );
      expectThat(!accepted, `[${tokens}] was answered, where ids run from 0 to ${V - 1}`);
    }
    const after = await ask(candidate, prompt, options);
    expectSameTop(`after [${prompt}]`, after.top[0], before.top[0], subject.repeatable);
    return prompt.length > 1;
  },
  canaries: [
    completionsCanary("ids wrap around", () => ({ complete, vocabSize: V }, prompt, options) => {
      const wrapped = prompt.map((id) => (id + V) % V);
      return complete(wrapped, options);
    }),
  ],
});
