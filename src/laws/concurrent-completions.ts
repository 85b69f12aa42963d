import fc from "fast-check";
import { tokensOf } from "../arbitraries/tokens.ts";
import type { Completed } from "../generation/complete.ts";
import { completionsLaw } from "./law.ts";
import { completionsCanary } from "./support/canary.ts";
import { ask, expectSameTop, type PromptCase, promptCase } from "./support/completions.ts";

export const concurrentCompletions = completionsLaw<PromptCase & { others: number[][] }>({
  id: "concurrent-completions",
  name: "concurrent requests get the answers of separate ones",
  chapter: "servers",
  statement: "Several concurrent prompts of any lengths each get the answer that they get alone.",
  source: "continuous batching: rows of one pass never see each other",
  catches: "slots that share keys, positions or masks; a reply that goes to another's request",
  needs: [],
  precondition: { name: "two prompts differ", floor: 0.5 },
  cases: (subject, sizes) => {
    const others = fc.array(sizes.tokens(1, 6), { minLength: 1, maxLength: 3 });
    return fc.record({ ...promptCase(subject, sizes), others });
  },
  check: async ({ candidate, prompt, count, others }, subject) => {
    const all = [prompt, ...others].map((raw) => tokensOf(candidate, raw));
    const options = { maxNewTokens: 2, topLogProbs: count };
    const answer = (tokens: readonly number[]) => ask(candidate, tokens, options);
    const alone: Completed[] = [];
    for (const tokens of all) alone.push(await answer(tokens));
    const atOnce = await Promise.all(all.map(answer));
    for (const [i, { top }] of atOnce.entries()) {
      const what = `after [${all[i]}], with ${all.length - 1} others`;
      // A second token is compared where the first was no toss-up.
      const same = atOnce[i].newTokens[0] === alone[i].newTokens[0];
      for (const [step, row] of top.slice(0, same ? 2 : 1).entries()) {
        expectSameTop(`${what}, token ${step}`, row, alone[i].top[step] ?? [], subject.repeatable);
      }
    }
    return new Set(all.map(String)).size > 1;
  },
  canaries: [
    completionsCanary("the newest prompt answers for all", () => {
      let newest: readonly number[] = [];
      return async ({ complete }, prompt, options) => {
        newest = prompt;
        await Promise.resolve();
        return complete(newest, options);
      };
    }),
  ],
});
