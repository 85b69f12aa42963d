/** Sampling: which tokens a filter keeps, and with which probability each is drawn. */
import fc from "fast-check";
import { halves, logits, thresholds } from "../arbitraries/logits.ts";
import { softmax } from "../math/softmax.ts";
import { expectRefused, expectUpperSet, keptBy, samplerOf, show, slack } from "./kept.ts";
import { expect, law } from "./law.ts";

interface Nucleus {
  row: Float64Array;
  p: number;
}

/** A threshold that the mass of the most probable tokens equals, exactly. */
function equality(): fc.Arbitrary<Nucleus> {
  return fc.tuple(halves(), fc.nat({ max: 15 })).map(([x, at]) => {
    const row = Float64Array.from(x);
    const descending = softmax(row).sort().reverse();
    const p = descending.slice(0, 1 + (at % row.length)).reduce((sum, mass) => sum + mass, 0);
    return { row, p: Math.min(1, p) };
  });
}

/** Whether sums of these probabilities carry no rounding, whatever their order. */
const sumExactly = (probs: Float64Array) => probs.every((p) => Number.isInteger(p * 2 ** 32));

export const nucleus = law<Nucleus>({
  code: "P-TOPP",
  name: "the nucleus is the smallest upper set of mass p",
  statement:
    "Top-p keeps at least one token; what it keeps are the most probable ones; their mass is at least p, and without the least of them it is less, or by the other convention more than p and not more; p = 1 keeps all; the set grows with p.",
  source: "Holtzman et al. 2020, section 3.1",
  catches:
    "dropping the token that crosses p, one token too many, ascending order, p on logits, empty sets",
  needs: ["sampler.topP", "sampler.conventions"],
  precondition: { name: "p is strictly inside: some are kept and some dropped", floor: 0.15 },
  cases: () => {
    const anywhere = fc.record({ row: logits(), p: thresholds() });
    return fc.oneof(anywhere, anywhere, equality());
  },
  check: ({ row, p }, subject) => {
    const { topP, conventions } = samplerOf(subject);
    const what = `topP(${show(row)}, ${p})`;
    const probs = softmax(row);
    const massOf = (ids: readonly number[]) => ids.reduce((sum, id) => sum + probs[id], 0);
    const kept = keptBy(what, row, topP(row, p));
    expect(kept.length > 0, `${what} keeps nothing`);
    expectUpperSet(what, row, kept);
    const rounding = sumExactly(probs) ? 0 : slack;
    const reaches = (mass: number, threshold: number) =>
      conventions.topPEquality === "stop" ? mass >= threshold : mass > threshold;
    const enough = p === 1 || reaches(massOf(kept), p - rounding);
    expect(enough, `${what} keeps ${kept} of mass ${massOf(kept)}`);
    const least = kept.reduce((a, b) => (row[b] <= row[a] ? b : a));
    const others = kept.filter((id) => id !== least);
    const needless = `${what} keeps ${kept}; already ${others} have mass ${massOf(others)}`;
    if (p < 1) expect(others.length === 0 || !reaches(massOf(others), p + rounding), needless);
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
    "min(k, V) tokens stay, an upper set; of logits that tie for the last place the lower ids stay, or all by the other convention; k = 0 keeps all; greedy is among those that k = 1 keeps.",
  source: "Fan, Lewis and Dauphin 2018, section 5.4",
  catches:
    "k + 1 by a wrong comparison, ties that keep more than k, unsorted candidates, finite masks",
  needs: ["sampler.topK", "sampler.greedy", "sampler.conventions"],
  precondition: { name: "logits tie at the k-th place", floor: 0.05 },
  cases: () => fc.record({ row: logits(), k: fc.nat({ max: 8 }) }),
  check: ({ row, k }, subject) => {
    const { topK, greedy, conventions } = samplerOf(subject);
    const what = `topK(${show(row)}, ${k})`;
    const descending = Array.from(row.filter(Number.isFinite)).sort((a, b) => b - a);
    const places = k === 0 ? descending.length : Math.min(k, descending.length);
    const lowest = descending[places - 1];
    const tied = Array.from(row.keys()).filter((id) => row[id] === lowest);
    const above = descending.filter((logit) => logit > lowest).length;
    const stay = conventions.topKTies === "all" ? tied : tied.slice(0, places - above);
    const wanted = Array.from(row.keys()).filter((id) => row[id] > lowest || stay.includes(id));
    const kept = keptBy(what, row, topK(row, k));
    expect(kept.join() === wanted.join(), `${what} keeps ${kept}, not ${wanted}`);
    if (k === 1) expect(kept.includes(greedy(row)), `${what} drops ${greedy(row)}, the greedy one`);
    return tied.length > places - above;
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
    const accepted = `temperatureScale accepted ${other}`;
    expectRefused(accepted, () => sampler.temperatureScale(row, other));
    return power !== 0;
  },
});

function entropy(probs: Float64Array): number {
  return -probs.reduce((sum, p) => (p > 0 ? sum + p * Math.log(p) : sum), 0);
}

interface Share {
  row: Float64Array;
  m: number;
}

export const minimalProbability = law<Share>({
  code: "P-MINP",
  name: "min-p keeps what has a share of the largest probability",
  statement:
    "A token stays if and only if its probability is at least m times the largest one; m = 0 keeps all, m = 1 those that tie with the largest; an m outside [0, 1] is refused.",
  source: "Nguyen et al. 2024, Min-p Sampling, section 3",
  catches: "the first token's probability for the largest, shares of logits, the top token dropped",
  needs: ["sampler.minP"],
  precondition: {
    name: "some are kept, some dropped, and token 0 is not the largest",
    floor: 0.1,
  },
  cases: () => fc.record({ row: logits(), m: shares() }),
  check: ({ row, m }, subject) => {
    const { minP } = samplerOf(subject);
    const what = `minP(${show(row)}, ${m})`;
    const kept = keptBy(what, row, minP(row, m));
    const probs = softmax(row);
    const largest = Math.max(...probs);
    for (const [id, p] of probs.entries()) {
      if (row[id] === Number.NEGATIVE_INFINITY) continue;
      const near = Math.abs(p - m * largest) <= slack * largest;
      const exact = m === 0 || sumExactly(probs) || (m === 1 && p === largest);
      if (near && !exact) continue; // it may round either way
      const message = `${what} ${kept.includes(id) ? "keeps" : "drops"} ${id} of probability ${p}`;
      expect(kept.includes(id) === p >= m * largest, message);
    }
    for (const bad of [-0.5, 1.5, Number.NaN])
      expectRefused(`minP accepted ${bad}`, () => minP(row, bad));
    return kept.length > 1 && kept.length < row.length && probs[0] < largest;
  },
});

/** Shares of min-p, with its corners and shares that powers of two can equal. */
function shares(): fc.Arbitrary<number> {
  const small = fc.integer({ min: 1, max: 1000 }).map((m) => m / 1000);
  return fc.oneof(
    small,
    small.map((m) => m / 4),
    fc.constantFrom(0.5, 0, 1),
  );
}

export const exactDraw = law<{ row: Float64Array }>({
  code: "P-DIST",
  name: "every token is drawn with exactly its probability",
  statement:
    "The draw is a step function of u. Its steps lie at the cumulative probabilities, so that each token has an interval as long as its probability; a token of probability 0 has none.",
  source: "inverse transform sampling; Devroye 1986, section III.2",
  catches:
    "off-by-one ids, unsorted or unnormalised mass, fallbacks that favour a token, draws outside the support",
  needs: ["sampler.draw"],
  precondition: { name: "at least two tokens have a probability, and one has none", floor: 0.05 },
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
