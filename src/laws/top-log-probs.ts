import fc from "fast-check";
import { tokensOf } from "../arbitraries/tokens.ts";
import { derivedTolerances } from "../tolerance/arithmetics.ts";
import { completionsLaw } from "./law.ts";
import { completionsCanary } from "./support/canary.ts";
import {
  allowed,
  ask,
  expectSameTop,
  type PromptCase,
  promptCase,
  showTop,
} from "./support/completions.ts";
import { expectThat } from "./support/expect.ts";

export const topLogProbs = completionsLaw<PromptCase>({
  id: "top-log-probs",
  name: "the top log-probabilities come from one distribution",
  chapter: "servers",
  statement:
    "A request for n gives min(n, V): tokens all different, in descending order, none above 0, probabilities that sum to at most 1, and to 1 if all V are given; the first is the greedy token, and a shorter list is the beginning of a longer one.",
  source: "softmax: all V probabilities sum to 1",
  catches:
    "probabilities in place of logarithms, or of the listed tokens alone; ascending lists; a greedy token that is not the most probable",
  needs: [],
  precondition: { name: "some tokens are on the list and some are not", floor: 0.5 },
  cases: (subject, sizes) => fc.record(promptCase(subject, sizes)),
  check: async ({ candidate, prompt: raw, count }, subject) => {
    const { vocabSize: V } = candidate;
    const prompt = tokensOf(candidate, raw);
    const options = { maxNewTokens: 1, topLogProbs: count };
    const { newTokens, top } = await ask(candidate, prompt, options);
    const [row] = top;
    const what = `after [${prompt}], the ${count} most probable are ${showTop(row)}`;
    expectThat(row.length === Math.min(count, V), what);
    expectThat(new Set(row.map(({ token }) => token)).size === row.length, what);
    expectThat(
      row.every(({ logProb }) => logProb <= derivedTolerances.serverLogProb),
      what,
    );
    const descends = row.every(({ logProb }, i) => i === 0 || logProb <= row[i - 1].logProb);
    expectThat(descends, what);
    const slack = derivedTolerances.serverProbabilitySum;
    const sum = row.reduce((total, { logProb }) => total + Math.exp(logProb), 0);
    expectThat(sum <= 1 + slack && (row.length < V || sum >= 1 - slack), `${what}, sum ${sum}`);
    const greedy = row.find(({ token }) => token === newTokens[0]);
    const isTop =
      greedy !== undefined && row[0].logProb - greedy.logProb <= allowed(subject.repeatable);
    expectThat(isTop, `${what}, but ${newTokens[0]} was chosen`);
    const fewer = { maxNewTokens: 1, topLogProbs: Math.ceil(count / 2) };
    const { top: shorter } = await ask(candidate, prompt, fewer);
    const beginning = row.slice(0, fewer.topLogProbs);
    expectSameTop(
      `${fewer.topLogProbs} in place of ${count}`,
      shorter[0],
      beginning,
      subject.repeatable,
    );
    return row.length < V;
  },
  canaries: [
    completionsCanary(
      "probabilities are of the listed tokens alone",
      () =>
        async ({ complete }, prompt, options) => {
          const completed = await complete(prompt, options);
          const top = completed.top.map((row) => {
            const sum = row.reduce((total, { logProb }) => total + Math.exp(logProb), 0);
            return row.map((one) => ({ ...one, logProb: one.logProb - Math.log(sum) }));
          });
          return { ...completed, top };
        },
    ),
  ],
});
