import fc from "fast-check";
import { choiceLaw } from "./law.ts";
import { samplerCanary } from "./support/canary.ts";
import {
  type ChainCase,
  chainCases,
  foldedChain,
  type SamplerStage,
  stagesOf,
} from "./support/chain.ts";
import { expectThat } from "./support/expect.ts";
import { samplerOf, show } from "./support/sampler.ts";

export const samplerPurity = choiceLaw<ChainCase>({
  id: "sampler-purity",
  name: "a sampler changes nothing that it is given",
  chapter: "filters",
  statement:
    "After every stage, the distribution and the choice of a token, the logits and the history are bit for bit what they were, so that a row can be used again.",
  source: "a decoder's logits may be its own memory",
  catches: "masks and penalties written in place, histories that are sorted or appended to",
  needs: ["sampler.conventions", "sampler.distribution", "sampler.sample"],
  precondition: { name: "a penalty or a ban is given, with a history", floor: 0.6 },
  cases: chainCases,
  check: (value, subject) => {
    const sampler = samplerOf(subject);
    const fitting = foldedChain(value, sampler);
    if (fitting === null) return false;
    const { options, history } = fitting;
    const stages = stagesOf(sampler, options, history);
    const greedy = { ...options, temperature: 0 };
    const calls: [string, (row: Float64Array) => unknown][] = [
      ...sampler.conventions.order.map((name): [string, SamplerStage] => [name, stages[name]]),
      ["distribution", (row) => sampler.distribution(row, options, history)],
      ["sample", (row) => sampler.sample(row, options, () => 0.5, history)],
    ];
    // Greedy, the filters before a ban may leave other tokens.
    const cold = { ...value, options: { ...value.options, temperature: 1 } };
    if (foldedChain(cold, sampler) !== null) {
      calls.push(["greedy", (row) => sampler.sample(row, greedy, undefined, history)]);
    }
    const before = [...history];
    for (const [name, call] of calls) {
      const row = value.row.slice();
      call(row);
      const what = `${name} of ${show(value.row)} with ${fc.stringify(options)} and [${before}]`;
      const same = row.every((logit, id) => Object.is(logit, value.row[id]));
      expectThat(same, `${what} turned the logits into ${show(row)}`);
      expectThat(history.join() === before.join(), `${what} turned the history into [${history}]`);
    }
    const names = ["repetitionPenalty", "frequencyPenalty", "presencePenalty", "bannedSequences"];
    return history.length > 0 && names.some((name) => name in options);
  },
  canaries: [
    samplerCanary("a ban is written into the logits", ({ ban }) => ({
      ban: (logits, history, sequences) => {
        logits.set(ban(logits, history, sequences));
        return Float64Array.from(logits);
      },
    })),
  ],
});
