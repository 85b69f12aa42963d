import fc from "fast-check";
import { logitRows } from "../arbitraries/logits.ts";
import { choiceLaw } from "./law.ts";
import { samplerCanary } from "./support/canary.ts";
import { expectThat } from "./support/expect.ts";
import { samplerOf, show, slackOf } from "./support/sampler.ts";

interface Row {
  row: Float64Array;
  /** Number of tokens of probability 0 added to the row, and whether they come before it. */
  others: number;
  before: boolean;
}

/** More arguments than a call can have: they lie on the stack, which ends at about 120,000. */
const beyondTheStack = 150_000;

export const largeVocabulary = choiceLaw<Row>({
  id: "large-vocabulary",
  name: "a large vocabulary is a small one with more tokens",
  chapter: "numerics",
  statement:
    "Tokens of probability 0, however many come before or after the others, change no probability, no greedy choice and no draw.",
  source: "public vocabularies have 150,000 tokens and more",
  catches:
    "a maximum of so many arguments that the stack overflows, ids in 16 bits, sums over blocks of a fixed number",
  needs: ["sampler.distribution", "sampler.greedy", "sampler.draw"],
  precondition: { name: "more tokens than a call can have arguments", floor: 0.005 },
  cases: () =>
    fc.record({
      row: logitRows(8),
      others: fc.oneof(
        { weight: 23, arbitrary: fc.constantFrom(1, 7, 300) },
        { weight: 1, arbitrary: fc.constant(beyondTheStack) },
      ),
      before: fc.boolean(),
    }),
  check: ({ row, others, before }, subject) => {
    const { distribution, greedy, draw } = samplerOf(subject);
    const large = new Float64Array(row.length + others).fill(Number.NEGATIVE_INFINITY);
    const start = before ? others : 0;
    large.set(row, start);
    const what = `${others} tokens and ${show(row)} from id ${start} on`;
    const [choice, same] = [start + greedy(row), greedy(large)];
    expectThat(same === choice, `greedy of ${what} is ${same}, not ${choice}`);
    for (const options of [{}, { topK: 3, topP: 0.9, minP: 0.01 }]) {
      const expected = distribution(row, options);
      const probs = distribution(large, options);
      const right = (id: number) => expected[id - start] ?? 0;
      const far = probs.findIndex(
        (p, id) => !(Math.abs(p - right(id)) <= slackOf(samplerOf(subject))),
      );
      const found = `distribution of ${what} with ${fc.stringify(options)}`;
      expectThat(far < 0, `${found} gives ${far} ${probs[far]}, not ${right(far)}`);
      const last = draw(probs, 1 - 2 ** -53);
      expectThat(last >= start && last < start + row.length, `${found} draws ${last}`);
    }
    return others === beyondTheStack;
  },
  canaries: [
    samplerCanary("ids are kept in 16 bits", ({ greedy }) => ({
      greedy: (logits) => greedy(logits) & 0xffff,
    })),
  ],
});
