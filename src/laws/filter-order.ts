import fc from "fast-check";
import { softmax } from "../math/softmax.ts";
import { choiceLaw } from "./law.ts";
import { samplerCanary } from "./support/canary.ts";
import { type ChainCase, chainCases, foldedChain, stagesOf } from "./support/chain.ts";
import { expectThat } from "./support/expect.ts";
import { samplerOf, show, slack } from "./support/sampler.ts";

export const filterOrder = choiceLaw<ChainCase>({
  id: "filter-order",
  name: "the chain goes through its stages in the declared order",
  chapter: "filters",
  statement:
    "The distribution is that of the stages applied one after the other in the order that the sampler declares: each receives the result of the one before it, renormalised.",
  source: "Hugging Face's generation: penalties, bans, temperature, top-k, top-p, min-p",
  catches:
    "temperature after the filters, top-p before top-k, filters on unnormalised mass, penalties on scaled logits",
  needs: ["sampler.conventions", "sampler.distribution"],
  precondition: { name: "another order would give another distribution", floor: 0.08 },
  cases: chainCases,
  check: (value, subject) => {
    const sampler = samplerOf(subject);
    const { order } = sampler.conventions;
    const { row } = value;
    const fitting = foldedChain(value);
    if (fitting === null) return false;
    const { options, history } = fitting;
    const stages = stagesOf(sampler, options, history);
    const inOrder = (names: typeof order) =>
      softmax(names.reduce((x, name) => stages[name](x), row));
    const expected = inOrder(order);
    const probs = sampler.distribution(row, options, history);
    const what = `distribution(${show(row)}, ${fc.stringify(options)}, [${history}])`;
    for (const [id, p] of expected.entries()) {
      expectThat(Math.abs(probs[id] - p) <= slack, `${what}[${id}] is ${probs[id]}, not ${p}`);
    }
    const given = order.filter((name) => name in options);
    const swapped = given.slice(1).map((_, at) => {
      return given.toSpliced(at, 2, ...given.slice(at, at + 2).reverse());
    });
    return swapped.some((names) => !isSame(() => inOrder(names), expected));
  },
  canaries: [
    samplerCanary("top-k and top-p change places", (sampler) => ({
      distribution: (
        logits,
        { temperature = 1, topK = 0, topP = 1, minP = 0, ...raw },
        history,
      ) => {
        const penalised = sampler.distribution(logits, raw, history).map(Math.log);
        const scaled = sampler.temperatureScale(penalised, temperature);
        const filtered = comesFirst(sampler.conventions.order, "topP", "topK")
          ? sampler.topP(sampler.topK(scaled, topK), topP)
          : sampler.topK(sampler.topP(scaled, topP), topK);
        return sampler.distribution(filtered, { minP });
      },
    })),
  ],
});

function comesFirst<T>(order: readonly T[], first: T, second: T): boolean {
  return order.includes(first) && order.indexOf(first) < order.indexOf(second);
}

/** Returns true if two distributions agree; false if a ban out of its place leaves none. */
function isSame(actual: () => Float64Array, expected: Float64Array): boolean {
  try {
    return actual().every((p, id) => Math.abs(p - expected[id]) <= slack);
  } catch {
    return false;
  }
}
