/** The chain: what all stages of a sampler do together, from logits to a token. */
import fc from "fast-check";
import { logits } from "../arbitraries/logits.ts";
import { optionsOf, samplingOptions } from "../arbitraries/sampling-options.ts";
import { rawTokens } from "../arbitraries/tokens.ts";
import { softmax } from "../math/softmax.ts";
import type { SamplingOptions } from "../sampling/sample-token.ts";
import type { Sampler } from "../sampling/sampler.ts";
import { expectRefused, samplerOf, show, slack } from "./kept.ts";
import { expect, law } from "./law.ts";

interface Chain {
  row: Float64Array;
  options: SamplingOptions;
  history: number[];
}

const chains = () =>
  fc.record({ row: logits(12, 4), options: samplingOptions(), history: rawTokens(0, 6) });

/** The case over this row's vocabulary; null where a ban would leave no token. */
function folded({ row, options: raw, history: rawHistory }: Chain) {
  const V = row.length;
  const options = optionsOf(V, raw);
  const last = (options.bannedSequences ?? []).map((ids) => ids[ids.length - 1]);
  const left = Array.from(row.keys()).filter(
    (id) => Number.isFinite(row[id]) && !last.includes(id),
  );
  return left.length === 0 ? null : { options, history: rawHistory.map((id) => id % V) };
}

type Stage = (row: Float64Array) => Float64Array;

/** Every stage of a chain, from the functions that the sampler offers. */
function stagesOf(
  sampler: Sampler,
  options: SamplingOptions,
  history: readonly number[],
): Record<keyof SamplingOptions, Stage> {
  return {
    repetitionPenalty: (row) =>
      sampler.repetitionPenalty(row, history, options.repetitionPenalty ?? 1),
    frequencyPenalty: (row) =>
      sampler.frequencyPenalty(row, history, options.frequencyPenalty ?? 0),
    presencePenalty: (row) => sampler.presencePenalty(row, history, options.presencePenalty ?? 0),
    bannedSequences: (row) => sampler.ban(row, history, options.bannedSequences ?? []),
    temperature: (row) => sampler.temperatureScale(row, options.temperature ?? 1),
    topK: (row) => sampler.topK(row, options.topK ?? 0),
    topP: (row) => sampler.topP(row, options.topP ?? 1),
    minP: (row) => sampler.minP(row, options.minP ?? 0),
  };
}

export const chainOrder = law<Chain>({
  code: "P-ORDER",
  name: "the chain goes through its stages in the declared order",
  statement:
    "The distribution is that of the stages applied one after the other in the order that the sampler declares: each sees what the one before it left, renormalised.",
  source:
    "Hugging Face's generation: penalties, bans, temperature, top-k, top-p, min-p; the first two seeds: temperature, top-k, top-p, softmax",
  catches:
    "temperature after the filters, top-p before top-k, filters on unnormalised mass, penalties on scaled logits",
  needs: ["sampler.conventions", "sampler.distribution"],
  precondition: { name: "another order would give another distribution", floor: 0.08 },
  cases: chains,
  check: (value, subject) => {
    const sampler = samplerOf(subject);
    const { order } = sampler.conventions;
    const { row } = value;
    const fitting = folded(value);
    if (fitting === null) return false;
    const { options, history } = fitting;
    const stages = stagesOf(sampler, options, history);
    const inOrder = (names: typeof order) =>
      softmax(names.reduce((x, name) => stages[name](x), row));
    const expected = inOrder(order);
    const probs = sampler.distribution(row, options, history);
    const what = `distribution(${show(row)}, ${fc.stringify(options)}, [${history}])`;
    for (const [id, p] of expected.entries()) {
      expect(Math.abs(probs[id] - p) <= slack, `${what}[${id}] is ${probs[id]}, not ${p}`);
    }
    const given = order.filter((name) => name in options);
    const swapped = given.slice(1).map((_, at) => {
      return given.toSpliced(at, 2, ...given.slice(at, at + 2).reverse());
    });
    return swapped.some((names) => !isSame(() => inOrder(names), expected));
  },
});

/** Whether two distributions agree; one that a ban leaves empty, out of its place, does not. */
function isSame(actual: () => Float64Array, expected: Float64Array): boolean {
  try {
    return actual().every((p, id) => Math.abs(p - expected[id]) <= slack);
  } catch {
    return false;
  }
}

export const nonEmpty = law<Chain>({
  code: "P-NONEMPTY",
  name: "the chain always leaves a token",
  statement:
    "Whatever the options, the probabilities are not negative, sum to 1, and lie on tokens whose logit is finite: at least one is left. Where no logit is finite to begin with, there is an error.",
  source: "a distribution",
  catches: "filters that together drop everything, NaN from an empty set, mass on dropped tokens",
  needs: ["sampler.distribution"],
  precondition: {
    name: "two of top-k, top-p and min-p are given, and tokens are dropped",
    floor: 0.5,
  },
  cases: chains,
  check: (value, subject) => {
    const fitting = folded(value);
    if (fitting === null) return false;
    const { row } = value;
    const { options, history } = fitting;
    const what = `distribution(${show(row)}, ${fc.stringify(options)}, [${history}])`;
    const probs = samplerOf(subject).distribution(row, options, history);
    expect(probs.length === row.length, `${what} has ${probs.length} of ${row.length} tokens`);
    for (const [id, p] of probs.entries()) {
      const legal = p >= 0 && (p === 0 || Number.isFinite(row[id]));
      expect(legal, `${what}[${id}] is ${p}, the logit ${row[id]}`);
    }
    const total = probs.reduce((sum, p) => sum + p, 0);
    expect(Math.abs(total - 1) <= slack, `${what} sums to ${total}`);
    const none = row.map(() => Number.NEGATIVE_INFINITY);
    expectRefused(`distribution(${show(none)}) gave something`, () =>
      samplerOf(subject).distribution(none, options, history),
    );
    const filters = ["topK", "topP", "minP"] as const;
    const given = filters.filter((name) => options[name] !== undefined).length;
    return given > 1 && probs.includes(0);
  },
});

export const pureSampler = law<Chain>({
  code: "P-ALIAS-SAMPLER",
  name: "a sampler changes nothing that it is given",
  statement:
    "After every stage, the distribution and the choice of a token, the logits and the history are bit for bit what they were, so that a row can be used again.",
  source: "a decoder's logits may be its own memory",
  catches: "masks and penalties written in place, histories that are sorted or appended to",
  needs: ["sampler.conventions", "sampler.distribution", "sampler.sample"],
  precondition: { name: "a penalty or a ban is given, with a history", floor: 0.6 },
  cases: chains,
  check: (value, subject) => {
    const fitting = folded(value);
    if (fitting === null) return false;
    const { options, history } = fitting;
    const sampler = samplerOf(subject);
    const stages = stagesOf(sampler, options, history);
    const calls: [string, (row: Float64Array) => unknown][] = [
      ...sampler.conventions.order.map((name): [string, Stage] => [name, stages[name]]),
      ["distribution", (row) => sampler.distribution(row, options, history)],
      ["sample", (row) => sampler.sample(row, options, () => 0.5, history)],
    ];
    const before = [...history];
    for (const [name, call] of calls) {
      const row = value.row.slice();
      call(row);
      const what = `${name} of ${show(value.row)} with ${fc.stringify(options)} and [${before}]`;
      const same = row.every((logit, id) => Object.is(logit, value.row[id]));
      expect(same, `${what} turned the logits into ${show(row)}`);
      expect(history.join() === before.join(), `${what} turned the history into [${history}]`);
    }
    const names = ["repetitionPenalty", "frequencyPenalty", "presencePenalty", "bannedSequences"];
    return history.length > 0 && names.some((name) => name in options);
  },
});

interface Draw {
  row: Float64Array;
  rounding: number;
}

export const support = law<Draw>({
  code: "P-SUPPORT",
  name: "a token of probability 0 is never drawn",
  statement:
    "For every u, those at which the draw changes and their neighbours included, the token drawn has a positive probability, also where the probabilities sum to a little less or more than 1.",
  source: "the support of a distribution; float32 sums are off by up to 2^-24 a term",
  catches:
    "fallbacks to the last or the first id, u compared with <= or with the sum of the wrong side, masks of finite size",
  needs: ["sampler.draw", "sampler.distribution", "sampler.sample"],
  precondition: { name: "the last token has no probability, and the sum is below 1", floor: 0.1 },
  cases: () =>
    fc.record({
      row: fc.oneof(logits(8), dropped()),
      rounding: fc.constantFrom(0, -(2 ** -24), 2 ** -24, -(2 ** -40)),
    }),
  check: ({ row, rounding }, subject) => {
    const { draw, distribution, sample } = samplerOf(subject);
    const options = { topK: 3, temperature: 2 };
    for (const exact of [softmax(row), distribution(row, options)]) {
      const probs = exact.map((p) => p * (1 + rounding));
      for (const u of breakpoints(probs)) {
        const token = draw(probs, u);
        expect(probs[token] > 0, `draw(${show(probs)}, ${u}) is ${token}`);
      }
    }
    const probs = distribution(row, options);
    for (const u of breakpoints(probs)) {
      const token = sample(row, options, () => u);
      expect(probs[token] > 0, `sample(${show(row)}, ${fc.stringify(options)}, ${u}) is ${token}`);
    }
    return rounding < 0 && row[row.length - 1] === Number.NEGATIVE_INFINITY;
  },
});

/** Logits of which the last ones, and perhaps the first, are dropped already. */
function dropped(): fc.Arbitrary<Float64Array> {
  return fc
    .tuple(logits(6), fc.nat({ max: 2 }), fc.integer({ min: 1, max: 2 }))
    .map(([row, before, after]) => {
      const none = (count: number) => Array.from({ length: count }, () => Number.NEGATIVE_INFINITY);
      return Float64Array.from([...none(before), ...row, ...none(after)]);
    });
}

/** Every u in [0, 1) at which a draw may change, with the numbers next to it. */
function breakpoints(probs: Float64Array): number[] {
  let sum = 0;
  const sums = Array.from(probs, (p) => {
    sum += p;
    return sum;
  });
  const hair = 2 ** -53;
  const all = [0, ...sums, 1].flatMap((u) => [u - hair, u, u + hair]);
  return all.filter((u) => u >= 0 && u < 1);
}
