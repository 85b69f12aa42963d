import fc from "fast-check";
import { tokensOf } from "../arbitraries/tokens.ts";
import { forward } from "../definition.ts";
import { logSoftmax } from "../math/softmax.ts";
import { derivedTolerances } from "../tolerance/arithmetics.ts";
import { allowance } from "../tolerance/compare.ts";
import { accuracyOf } from "../tolerance/measured.ts";
import { completionsLaw } from "./law.ts";
import { completionsCanary } from "./support/canary.ts";
import {
  ask,
  expectSameTop,
  type PromptCase,
  promptCase,
  underflow,
} from "./support/completions.ts";
import { expectThat } from "./support/expect.ts";

export const topLogProbsDefinition = completionsLaw<PromptCase>({
  id: "top-log-probs-definition",
  name: "the top log-probabilities are the definition's",
  chapter: "servers",
  statement:
    "The tokens on the list have the log-probabilities of the defining equations, within the tolerance of the arithmetic, and no token that is not on it has a larger one.",
  source: "src/definition.ts, and log-softmax over all V logits",
  catches:
    "wrong conventions of the model, a tokenizer that adds a first token, penalties or a bias that is on by default, another model",
  needs: ["model"],
  precondition: { name: "at least two tokens", floor: 0.5 },
  cases: (subject, sizes) => fc.record(promptCase(subject, sizes)),
  check: async ({ candidate, prompt: raw, count }, subject) => {
    const { config, weights } = candidate.model!;
    const prompt = tokensOf(config, raw);
    const options = { maxNewTokens: 1, topLogProbs: count };
    const [row] = (await ask(candidate, prompt, options)).top;
    const logits = Float64Array.from(forward(config, weights, prompt).at(-1)!);
    const logProbs = logSoftmax(logits);
    const expected = Array.from(logProbs, (logProb, token) => ({ token, logProb }))
      .sort((a, b) => b.logProb - a.logProb)
      .slice(0, row.length);
    // The logits that the list stands for, if the others are right.
    const found = logits.slice();
    for (const { token, logProb } of row) found[token] += logProb - logProbs[token];
    const tolerance = accuracyOf(subject, candidate.model, prompt, [found], [logits]);
    // A relative tolerance is of the logits, which a server does not show.
    const absolute =
      allowance(logits, tolerance) + derivedTolerances.logProb * Math.max(...logits.map(Math.abs));
    expectSameTop(`after [${prompt}]`, row, expected, { absolute, relative: 0 });
    for (const { token, logProb } of row) {
      const off = Math.abs(logProb - logProbs[token]);
      const wrong = `after [${prompt}], token ${token} has ${logProb}, but should have ${logProbs[token]}`;
      expectThat(
        off <= 2 * absolute || (logProb < underflow && logProbs[token] < underflow),
        wrong,
      );
    }
    return prompt.length > 1;
  },
  canaries: [
    completionsCanary(
      "a token is added before every prompt",
      () =>
        ({ complete }, prompt, options) =>
          complete([0, ...prompt], options),
    ),
  ],
});
