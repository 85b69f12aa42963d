/** Sampling: which tokens a filter keeps, and with which probability each is drawn. */
import fc from "fast-check";
import { logits, thresholds } from "../arbitraries/logits.ts";
import { softmax } from "../math/softmax.ts";
import type { Sampler } from "../sampling/sampler.ts";
import type { Subject } from "../subject.ts";
import { expect, law } from "./law.ts";

/** Rounding that a sum of probabilities may carry. */
const slack = 1e-12;

/** Only what a law names in its needs may be read of it. */
const samplerOf = (subject: Subject) => subject.sampler as Sampler;
const show = (row: ArrayLike<number>) => `[${Array.from(row, (x) => Number(x.toPrecision(6)))}]`;

/** The ids that a filter kept; every kept logit must be untouched, every other -Infinity. */
function keptBy(what: string, before: Float64Array, after: ArrayLike<number>): number[] {
  expect(after.length === before.length, `${what} has ${after.length} of ${before.length} logits`);
  return Array.from(before.keys()).filter((id) => {
    if (after[id] === Number.NEGATIVE_INFINITY) return false;
    const changed = `${what} turned logit ${id} from ${before[id]} into ${after[id]}`;
    expect(Object.is(after[id], before[id]), changed);
    return true;
  });
}

/** No dropped token has a larger logit than a kept one. */
function expectUpperSet(what: string, row: Float64Array, kept: readonly number[]): void {
  const lowest = Math.min(...kept.map((id) => row[id]));
  const dropped = Array.from(row.keys()).find((id) => !kept.includes(id) && row[id] > lowest);
  const message = `${what} keeps a logit of ${lowest} and drops token ${dropped}`;
  expect(dropped === undefined, message);
}

interface Nucleus {
  row: Float64Array;
  p: number;
}

export const nucleus = law<Nucleus>({
  code: "P-TOPP",
  name: "the nucleus is the smallest upper set of mass p",
  statement:
    "Top-p keeps at least one token; what it keeps are the most probable ones; their mass is at least p, and without the least of them it is less; p = 1 keeps all; the set grows with p.",
  source: "Holtzman et al. 2020, section 3.1",
  catches:
    "dropping the token that crosses p, one token too many, ascending order, p on logits, empty sets",
  needs: ["sampler.topP"],
  precondition: { name: "p is strictly inside: some are kept and some dropped", floor: 0.2 },
  cases: () => fc.record({ row: logits(), p: thresholds() }),
  check: ({ row, p }, subject) => {
    const { topP } = samplerOf(subject);
    const what = `topP(${show(row)}, ${p})`;
    const probs = softmax(row);
    const massOf = (ids: readonly number[]) => ids.reduce((sum, id) => sum + probs[id], 0);
    const kept = keptBy(what, row, topP(row, p));
    expect(kept.length > 0, `${what} keeps nothing`);
    expectUpperSet(what, row, kept);
    expect(massOf(kept) >= p - slack, `${what} keeps ${kept} of mass ${massOf(kept)}`);
    const least = kept.reduce((a, b) => (row[b] <= row[a] ? b : a));
    const others = kept.filter((id) => id !== least);
    const needless = `${what} keeps ${kept}; already ${others} have mass ${massOf(others)}`;
    if (p < 1) expect(others.length === 0 || massOf(others) < p + slack, needless);
    else expect(kept.length === row.filter(Number.isFinite).length, `${what} keeps ${kept}`);
    const smaller = keptBy(what, row, topP(row, p / 2));
    expect(
      smaller.every((id) => kept.includes(id)),
      `${what} lost a token of p / 2`,
    );
    return kept.length > 1 && kept.length < row.length;
  },
});

export const shiftInvariant = law<Nucleus & { shift: number }>({
  code: "P-TOPP-SHIFT",
  name: "top-p reads probabilities, not logits",
  statement: "Adding a constant to all logits changes neither what top-p nor what top-k keeps.",
  source: "softmax(x + c) = softmax(x)",
  catches: "cumulative sums over raw logits",
  needs: ["sampler.topP", "sampler.topK"],
  precondition: { name: "the shift is not 0", floor: 0.8 },
  cases: () =>
    fc.record({ row: integers(), p: thresholds(), shift: fc.integer({ min: -64, max: 64 }) }),
  check: ({ row, p, shift }, subject) => {
    const { topP, topK } = samplerOf(subject);
    const shifted = row.map((logit) => logit + shift);
    const k = 1 + (Math.abs(shift) % row.length);
    for (const [what, filter] of [
      [`topP(., ${p})`, (x: Float64Array) => topP(x, p)],
      [`topK(., ${k})`, (x: Float64Array) => topK(x, k)],
    ] as const) {
      const [plain, moved] = [
        keptBy(what, row, filter(row)),
        keptBy(what, shifted, filter(shifted)),
      ];
      const message = `${what} keeps ${plain} of ${show(row)}, but ${moved} with ${shift} added`;
      expect(plain.join() === moved.join(), message);
    }
    return shift !== 0;
  },
});

/** Small integers: adding an integer to them is exact. */
function integers(): fc.Arbitrary<Float64Array> {
  return fc
    .array(fc.integer({ min: -8, max: 8 }), { minLength: 1, maxLength: 12 })
    .map((row) => Float64Array.from(row));
}

export const exactlyK = law<{ row: Float64Array; k: number }>({
  code: "P-TOPK",
  name: "top-k keeps exactly the k largest",
  statement:
    "min(k, V) tokens stay, an upper set; of logits that tie for the last place the lower ids stay; k = 0 keeps all; k = 1 is greedy.",
  source: "Fan, Lewis and Dauphin 2018, section 5.4",
  catches:
    "k + 1 by a wrong comparison, ties that keep more than k, unsorted candidates, finite masks",
  needs: ["sampler.topK", "sampler.greedy"],
  precondition: { name: "logits tie at the k-th place", floor: 0.1 },
  cases: () => fc.record({ row: logits(), k: fc.nat({ max: 8 }) }),
  check: ({ row, k }, subject) => {
    const { topK, greedy } = samplerOf(subject);
    const what = `topK(${show(row)}, ${k})`;
    const possible = row.filter(Number.isFinite).length;
    const wanted = k === 0 ? possible : Math.min(k, possible);
    const kept = keptBy(what, row, topK(row, k));
    expect(kept.length === wanted, `${what} keeps ${kept.length} tokens, not ${wanted}`);
    expectUpperSet(what, row, kept);
    const lowest = Math.min(...kept.map((id) => row[id]));
    const tied = Array.from(row.keys()).filter((id) => row[id] === lowest);
    const stay = tied.filter((id) => kept.includes(id));
    expect(stay.join() === tied.slice(0, stay.length).join(), `${what} keeps ${stay} of ${tied}`);
    if (k === 1) expect(kept[0] === greedy(row), `${what} keeps ${kept}, greedy is ${greedy(row)}`);
    return tied.length > stay.length;
  },
});

export const temperature = law<{ row: Float64Array; power: number; other: number }>({
  code: "P-TEMP",
  name: "temperature scales logits and keeps their order",
  statement:
    "Logits are divided by T: T = 1 is the identity, gaps scale by 1 / T, the largest stays the largest, and a higher T never lowers the entropy; T = 0 is greedy; a T below 0 is refused.",
  source: "Ackley, Hinton and Sejnowski 1985",
  catches:
    "multiplying by T, scaling only below 1, T = 0 passed through, negative T reversing the order",
  needs: ["sampler.temperatureScale", "sampler.greedy", "sampler.distribution"],
  precondition: { name: "T is not 1", floor: 0.5 },
  cases: () =>
    fc.record({
      row: logits(),
      power: fc.integer({ min: -3, max: 3 }),
      other: fc.constantFrom(0, -1, Number.NaN, Number.POSITIVE_INFINITY),
    }),
  check: ({ row, power, other }, subject) => {
    const sampler = samplerOf(subject);
    const T = 2 ** power; // a power of two: dividing by it is exact
    const what = `temperatureScale(${show(row)}, ${T})`;
    const scaled = sampler.temperatureScale(row, T);
    for (const [id, logit] of row.entries()) {
      expect(scaled[id] === logit / T, `${what}[${id}] is ${scaled[id]}`);
    }
    expect(sampler.greedy(scaled) === sampler.greedy(row), `${what} moved the largest`);
    const [cool, warm] = [entropy(softmax(row)), entropy(softmax(row.map((x) => x / 2)))];
    const measured = entropy(sampler.distribution(row, { temperature: 2 }));
    expect(Math.abs(measured - warm) < 1e-9, `entropy at T = 2 is ${measured}, not ${warm}`);
    expect(measured >= cool - 1e-9, `entropy fell from ${cool} to ${measured} at T = 2`);
    const atZero = sampler.distribution(row, { temperature: 0 });
    expect(atZero[sampler.greedy(row)] === 1, `T = 0 gives ${show(atZero)}`);
    let refused = false;
    try {
      sampler.temperatureScale(row, other);
    } catch (error) {
      refused = error instanceof RangeError;
    }
    expect(refused, `temperatureScale accepted ${other}`);
    return power !== 0;
  },
});

function entropy(probs: Float64Array): number {
  return -probs.reduce((sum, p) => (p > 0 ? sum + p * Math.log(p) : sum), 0);
}

export const chainOrder = law<Nucleus & { k: number; T: number }>({
  code: "P-ORDER",
  name: "the chain is temperature, top-k, top-p, softmax",
  statement:
    "The distribution is that of the filters applied in this order: top-p sees what top-k left, renormalised, at the temperature asked for.",
  source: "the first two seeds; the order of Hugging Face's and llama.cpp's default chains",
  catches: "temperature after the filters, top-p before top-k, top-p on unnormalised mass",
  needs: ["sampler.temperatureScale", "sampler.topK", "sampler.topP", "sampler.distribution"],
  precondition: { name: "another order would keep other tokens", floor: 0.05 },
  cases: () =>
    fc.record({
      row: logits(),
      k: fc.nat({ max: 8 }),
      p: thresholds(),
      T: fc.constantFrom(1, 0.5, 2, 0.8),
    }),
  check: ({ row, k, p, T }, subject) => {
    const { temperatureScale, topK, topP, distribution } = samplerOf(subject);
    const inOrder = softmax(topP(topK(temperatureScale(row, T), k), p));
    const probs = distribution(row, { temperature: T, topK: k, topP: p });
    for (const [id, expected] of inOrder.entries()) {
      const message = `with T ${T}, k ${k}, p ${p} of ${show(row)}, probability ${id} is`;
      expect(Math.abs(probs[id] - expected) <= slack, `${message} ${probs[id]}, not ${expected}`);
    }
    const swapped = softmax(temperatureScale(topK(topP(row, p), k), T));
    return swapped.some((q, id) => (q === 0) !== (inOrder[id] === 0));
  },
});

export const exactDraw = law<{ row: Float64Array }>({
  code: "P-DIST",
  name: "every token is drawn with exactly its probability",
  statement:
    "The draw is a step function of u. Its steps lie at the cumulative probabilities, so that each token has an interval as long as its probability; a token of probability 0 has none.",
  source: "inverse transform sampling; Devroye 1986, section III.2",
  catches:
    "off-by-one ids, unsorted or unnormalised mass, fallbacks that favour a token, draws outside the support",
  needs: ["sampler.draw"],
  precondition: { name: "at least two tokens have a probability, and one has none", floor: 0.1 },
  cases: () => fc.record({ row: logits() }),
  check: ({ row }, subject) => {
    const { draw } = samplerOf(subject);
    const probs = softmax(row);
    let start = 0;
    for (const [id, p] of probs.entries()) {
      const end = start + p;
      // Inside a step, a hair away from its ends, where sums may round either way.
      for (const u of [start + slack, (start + end) / 2, end - slack]) {
        if (p <= 4 * slack || u < 0 || u >= 1) continue;
        const drawn = draw(probs, u);
        expect(drawn === id, `draw(${show(probs)}, ${u}) is ${drawn}, not ${id}`);
      }
      start = end;
    }
    const extreme = draw(probs, 1 - 2 ** -53);
    expect(probs[extreme] > 0, `draw(${show(probs)}, 1 - 2^-53) is ${extreme}, probability 0`);
    expect(probs[draw(probs, 0)] > 0, `draw(${show(probs)}, 0) has probability 0`);
    return probs.filter((p) => p > 0).length > 1 && probs.some((p) => p === 0);
  },
});
