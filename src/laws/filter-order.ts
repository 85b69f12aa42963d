import fc from "fast-check";
import { softmax } from "../math/softmax.ts";
import type { Conventions } from "../sampling/sampler.ts";
import { choiceLaw } from "./law.ts";
import { samplerCanary } from "./support/canary.ts";
import { type ChainCase, chainCases, foldedChain, isColdest, stagesOf } from "./support/chain.ts";
import { expectThat } from "./support/expect.ts";
import { samplerOf, show, slack, slackOf } from "./support/sampler.ts";

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
  // 11 % of the cases of a sampler with two stages, more with others.
  precondition: { name: "another order would give another distribution", floor: 0.04 },
  cases: chainCases,
  check: (value, subject) => {
    const sampler = samplerOf(subject);
    const { order } = sampler.conventions;
    const { row } = value;
    const fitting = foldedChain(value, sampler);
    if (fitting === null) return false;
    const { options, history } = fitting;
    const stages = stagesOf(sampler, options, history);
    const inOrder = (names: typeof order) =>
      softmax(names.reduce((x, name) => stages[name](x), row));
    const expected = inOrder(order);
    const probs = sampler.distribution(row, options, history);
    const what = `distribution(${show(row)}, ${fc.stringify(options)}, [${history}])`;
    for (const [id, p] of expected.entries()) {
      // At the coldest temperatures a sampler may take one of the largest logits for all of them.
      const isFree = p > 0 && isColdest(options);
      expectThat(
        isFree || Math.abs(probs[id] - p) <= slackOf(sampler),
        `${what}[${id}] is ${probs[id]}, not ${p}`,
      );
    }
    const given = order.filter((name) => name in options);
    const swapped = given.slice(1).map((_, at) => {
      return given.toSpliced(at, 2, ...given.slice(at, at + 2).reverse());
    });
    return swapped.some((names) => !isSame(() => inOrder(names), expected));
  },
  canaries: [
    samplerCanary("two neighbours of the declared order change places", (sampler) => ({
      distribution: (row, options, history = []) => {
        const stages = stagesOf(sampler, options, history);
        const order = swappedOrder(sampler.conventions.order);
        return softmax(
          order.reduce<Float64Array>((x, name) => stages[name](x), Float64Array.from(row)),
        );
      },
    })),
  ],
});

/** Returns the order with top-k and top-p exchanged if they are neighbours, else its last two. */
function swappedOrder(order: Conventions["order"]): Conventions["order"] {
  const filters = order.findIndex((name, i) => {
    return [name, order[i + 1]].toSorted().join() === "topK,topP";
  });
  const at = filters < 0 ? Math.max(0, order.length - 2) : filters;
  return order.toSpliced(at, 2, ...order.slice(at, at + 2).toReversed());
}

/** Returns true if two distributions agree; false if a ban out of its place leaves none. */
function isSame(actual: () => Float64Array, expected: Float64Array): boolean {
  try {
    return actual().every((p, id) => Math.abs(p - expected[id]) <= slack);
  } catch {
    return false;
  }
}
