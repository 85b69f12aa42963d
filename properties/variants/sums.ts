/** Orders of a sum: all are correct, and differ by rounding. */

/** Returns the sum of the terms from one index to before another. */
export type Sum = (terms: Float64Array, from: number, to: number) => number;

export const forwards: Sum = (terms, from, to) => {
  let sum = 0;
  for (let i = from; i < to; i++) sum += terms[i];
  return sum;
};

export const reversed: Sum = (terms, from, to) => {
  let sum = 0;
  for (let i = to - 1; i >= from; i--) sum += terms[i];
  return sum;
};

/** Sums both halves first, as a tree of adders does. */
export const pairwise: Sum = (terms, from, to) => {
  if (to - from < 3) return forwards(terms, from, to);
  const middle = (from + to) >> 1;
  return pairwise(terms, from, middle) + pairwise(terms, middle, to);
};

/** Kahan's sum, which carries the rounding of every step into the next one. */
export const compensated: Sum = (terms, from, to) => {
  let [sum, lost] = [0, 0];
  for (let i = from; i < to; i++) {
    const term = terms[i] - lost;
    const next = sum + term;
    lost = next - sum - term;
    sum = next;
  }
  return sum;
};

/** Four running sums, as the lanes of a vector register. */
export const lanes: Sum = (terms, from, to) => {
  const sums = [0, 0, 0, 0];
  for (let i = from; i < to; i++) sums[i % 4] += terms[i];
  return sums[0] + sums[1] + (sums[2] + sums[3]);
};
