/** Samplers of every convention, and of other correct computations of the same distribution. */
import { stagesOf } from "../../src/laws/support/chain.ts";
import { softmax } from "../../src/math/softmax.ts";
import type { SamplingOptions } from "../../src/sampling/sample-token.ts";
import { type Conventions, type Sampler, sampler } from "../../src/sampling/sampler.ts";
import { topK } from "../../src/sampling/top-k.ts";
import { topP } from "../../src/sampling/top-p.ts";
import { defineSampler } from "../../src/subjects/define-sampler.ts";
import type { Variant } from "./variant.ts";

/** Top-k of vLLM's fast path: logits that tie with the k-th are kept, too. */
export const allTies: Sampler["topK"] = (logits, k) => {
  if (k === 0) return Float64Array.from(logits);
  const lowest = topK(logits, k).reduce((a, b) => (b > -Infinity ? Math.min(a, b) : a), Infinity);
  return Float64Array.from(logits, (logit) => (logit >= lowest ? logit : -Infinity));
};

/** Top-p with a mass above p, as in earlier versions of Hugging Face. */
export const oneMore: Sampler["topP"] = (logits, p) => {
  const probs = softmax(logits);
  const kept = topP(logits, p);
  const mass = kept.reduce((sum, logit, id) => (logit > -Infinity ? sum + probs[id] : sum), 0);
  if (mass > p || p === 1) return kept;
  const rest = Float64Array.from(logits, (x, id) => (kept[id] > -Infinity ? -Infinity : x));
  const next = rest.reduce((best, x, id) => (x > rest[best] ? id : best), 0);
  return kept.with(next, logits[next]);
};

const onehot = (length: number, id: number) => {
  const probs = new Float64Array(length);
  probs[id] = 1;
  return probs;
};

/** Refuses logits that a filter could drop in silence. */
function checkLogits(row: ArrayLike<number>): void {
  if (Array.from(row).some(Number.isNaN)) throw new RangeError("sampler: NaN is no logit");
}

/** Returns the function that draws a token from this distribution. */
const drawnFrom =
  (distribution: Sampler["distribution"]): Sampler["sample"] =>
  (row, options = {}, random = () => 0, history = []) => {
    const u = options.temperature === 0 ? 0 : random();
    return sampler.draw(distribution(row, options, history), u);
  };

/** Returns the sampler of these conventions: its chain has the stages in the declared order. */
export function samplerOf(conventions: Conventions): Sampler {
  const { order, topKTies, topPEquality } = conventions;
  const parts: Sampler = {
    ...sampler,
    conventions,
    topK: topKTies === "all" ? allTies : topK,
    topP: topPEquality === "stop" ? topP : oneMore,
  };
  const distribution: Sampler["distribution"] = (row, options = {}, history = []) => {
    checkLogits(row);
    const greedy = options.temperature === 0;
    const stages = stagesOf(parts, greedy ? { ...options, temperature: 1 } : options, history);
    const left = order.reduce<Float64Array>((x, name) => stages[name](x), Float64Array.from(row));
    return greedy ? onehot(left.length, sampler.greedy(left)) : softmax(left);
  };
  return { ...parts, distribution, sample: drawnFrom(distribution) };
}

type Order = readonly (keyof SamplingOptions)[];

const penalties: Order = [
  ...(["repetitionPenalty", "frequencyPenalty", "presencePenalty"] as const),
  "bannedSequences",
];

/** Orders of the stages in public samplers, and others. */
const orders: Readonly<Record<string, Order>> = {
  "top-k first": [...penalties, "temperature", "topK", "topP", "minP"],
  "top-p first": [...penalties, "temperature", "topP", "topK", "minP"],
  "min-p first": [...penalties, "temperature", "minP", "topK", "topP"],
  "temperature last": [...penalties, "topK", "topP", "minP", "temperature"],
  "temperature first": ["temperature", ...penalties, "topK", "topP", "minP"],
  "bans last": [...penalties.slice(0, 3), "temperature", "topK", "topP", "minP", "bannedSequences"],
  "penalties in reverse": [...penalties.toReversed(), "temperature", "topK", "topP", "minP"],
};

const everyConvention = Object.entries(orders).flatMap(([name, order]) =>
  (["lower ids", "all"] as const).flatMap((topKTies) =>
    (["stop", "one more"] as const).map((topPEquality) => ({
      why: "it declares its order, its ties of top-k and its equality of top-p",
      subject: defineSampler({
        ...samplerOf({ order, topKTies, topPEquality }),
        name: `${name}, ${topKTies} of ties, ${topPEquality} at equality`,
      }),
    })),
  ),
);

/** Both filters read one distribution, and a token stays if both keep it. */
const joint: Sampler["distribution"] = (row, { topK: k, topP: p, ...options }, history = []) => {
  checkLogits(row);
  const { minP, temperature = 1, ...before } = options;
  if (temperature === 0) return sampler.distribution(row, options, history);
  const stages = stagesOf(sampler, { ...before, temperature }, history);
  const scaled = [...penalties, "temperature" as const].reduce<Float64Array>(
    (x, name) => stages[name](x),
    Float64Array.from(row),
  );
  const [first, second] = [topK(scaled, k ?? 0), topP(scaled, p ?? 1)];
  const both = first.map((logit, id) => Math.min(logit, second[id]));
  return softmax(sampler.minP(both, minP ?? 0));
};

class BadOption extends Error {}

/** Returns the function with errors of another class. */
function refusing<Given extends unknown[], Result>(call: (...given: Given) => Result) {
  return (...given: Given): Result => {
    try {
      return call(...given);
    } catch (error) {
      throw new BadOption(String(error));
    }
  };
}

/** Returns the functions of the sampler with errors of another class. */
function withOtherErrors({ conventions, ...functions }: Sampler): Sampler {
  return {
    conventions,
    greedy: refusing(functions.greedy),
    repetitionPenalty: refusing(functions.repetitionPenalty),
    frequencyPenalty: refusing(functions.frequencyPenalty),
    presencePenalty: refusing(functions.presencePenalty),
    ban: refusing(functions.ban),
    temperatureScale: refusing(functions.temperatureScale),
    topK: refusing(functions.topK),
    topP: refusing(functions.topP),
    minP: refusing(functions.minP),
    distribution: refusing(functions.distribution),
    draw: refusing(functions.draw),
    sample: refusing(functions.sample),
  };
}

/** Returns the sampler with other probabilities, from which it draws. */
function giving(change: (probs: Float64Array, T: number) => Float64Array): Sampler {
  const distribution: Sampler["distribution"] = (row, options = {}, history = []) =>
    change(sampler.distribution(row, options, history), options.temperature ?? 1);
  return { ...sampler, distribution, sample: drawnFrom(distribution) };
}

const { conventions } = sampler;

const others: readonly Variant[] = [
  {
    why: "top-p before top-k keeps what both keep: both keep the most probable tokens",
    subject: defineSampler({
      ...samplerOf({ ...conventions, order: orders["top-p first"] }),
      ...{ name: "joint filters", distribution: joint, sample: drawnFrom(joint) },
    }),
  },
  {
    why: "-0 equals 0",
    subject: defineSampler({
      ...giving((probs) => probs.map((p) => (p === 0 ? -0 : p))),
      name: "negative zero probabilities",
    }),
  },
  {
    why: "the probabilities sum to 1 within the rounding of float32, which it declares",
    subject: defineSampler({
      ...giving((probs) => Float64Array.from(Float32Array.from(probs))),
      ...{ name: "float32 probabilities" },
      conventions: { ...conventions, probabilities: "float32" },
    }),
  },
  {
    why: "below 1e-6 a temperature is greedy: vLLM takes one of the largest logits",
    subject: defineSampler({
      ...giving((probs, T) => (T < 1e-6 ? onehot(probs.length, sampler.greedy(probs)) : probs)),
      name: "greedy at the coldest temperatures",
    }),
  },
  {
    why: "a refusal is an error of any class",
    subject: defineSampler({
      ...withOtherErrors(sampler),
      name: "sampler errors of another class",
    }),
  },
];

export const samplers: readonly Variant[] = [...everyConvention, ...others];
