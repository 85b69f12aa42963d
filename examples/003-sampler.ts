/**
 * A sampler of your own, without any decoder: the laws generate the logits. A function that you
 * leave out is not offered, and its laws are skipped.
 */
import { defineSampler, type Logits } from "causalgate";

/** Illegal values are refused: a sampler that goes on with them gives a wrong token in silence. */
function check(isLegal: boolean, must: string, got: number): void {
  if (!isLegal) throw new RangeError(`own sampler: ${must}, got ${got}`);
}

/** Token ids from the largest logit to the smallest; of equal logits, the lower id comes first. */
function ranked(logits: Logits): number[] {
  return [...logits.keys()].sort((a, b) => logits[b] - logits[a] || a - b);
}

function keepOnly(logits: Logits, ids: readonly number[]): Float64Array {
  const kept = new Float64Array(logits.length).fill(-Infinity);
  for (const id of ids) kept[id] = logits[id];
  return kept;
}

function softmax(logits: Logits): Float64Array {
  const largest = Math.max(...logits);
  const powers = Float64Array.from(logits, (logit) => Math.exp(logit - largest));
  const total = powers.reduce((sum, power) => sum + power);
  return powers.map((power) => power / total);
}

function greedy(logits: Logits): number {
  for (const logit of logits) check(logit < Infinity, "a logit must be below Infinity", logit);
  const [first] = ranked(logits);
  check(logits[first] > -Infinity, "the largest logit must be finite", logits[first]);
  return first;
}

function topK(logits: Logits, k: number): Float64Array {
  check(Number.isInteger(k) && k >= 0, "k must be an integer from 0", k);
  return k === 0 ? Float64Array.from(logits) : keepOnly(logits, ranked(logits).slice(0, k));
}

function topP(logits: Logits, p: number): Float64Array {
  check(p >= 0 && p <= 1, "p must be a number in [0, 1]", p);
  if (p === 1) return Float64Array.from(logits);
  const probs = softmax(logits);
  const kept: number[] = [];
  let mass = 0;
  for (const id of ranked(logits)) {
    kept.push(id); // the token that crosses p is part of the nucleus
    mass += probs[id];
    if (mass >= p) break;
  }
  return keepOnly(logits, kept);
}

/** The token at `u` of the cumulative distribution. */
function draw(probs: ArrayLike<number>, u: number): number {
  let sum = 0;
  let last = 0;
  for (let id = 0; id < probs.length; id++) {
    if (probs[id] === 0) continue;
    sum += probs[id];
    last = id;
    if (u < sum) break;
  }
  return last;
}

export default defineSampler({
  name: "own sampler",
  conventions: { order: ["topK", "topP"], topKTies: "lower ids", topPEquality: "stop" },
  greedy,
  topK,
  topP,
  draw,
});
