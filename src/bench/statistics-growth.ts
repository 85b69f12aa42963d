/** Growth of a time with a length: exponents of each round, and a polynomial of the medians. */
import { fTail } from "./distributions.ts";
import { mean } from "./statistics.ts";

/**
 * Returns the growth exponent over a grid: the slope of the least-squares line through `(ln x, ln
 * y)`. Each round is fitted separately, so that a slow round has the same exponent.
 */
export function exponent(xs: readonly number[], ys: readonly number[]): number {
  const [u, v] = [xs.map(Math.log), ys.map(Math.log)];
  const [centreU, centreV] = [mean(u), mean(v)];
  const products = u.map((value, i) => (value - centreU) * (v[i] - centreV));
  const squares = u.map((value) => (value - centreU) ** 2);
  return mean(products) / mean(squares);
}

/** Returns the exponent between the last two points of a grid. */
export function lastExponent(xs: readonly number[], ys: readonly number[]): number {
  return exponent(xs.slice(-2), ys.slice(-2));
}

/**
 * Returns the probability of points at least as far from a straight line in `(ln x, ln y)`, if the
 * power law held: the F test of lack of fit, against the scatter between rounds. Effects of whole
 * rounds are taken out of both.
 *
 * @param rounds values over the grid for each round, `[R][x]`
 * @returns null for fewer than 3 points or 2 rounds, or without scatter
 * @see Draper and Smith 1998, "Applied Regression Analysis", section 2.1
 */
export function lackOfFit(
  xs: readonly number[],
  rounds: readonly (readonly number[])[],
): number | null {
  const [k, R] = [xs.length, rounds.length];
  if (k < 3 || R < 2) return null;
  const logs = rounds.map((ys) => {
    const v = ys.map(Math.log);
    const centre = mean(v);
    return v.map((value) => value - centre);
  });
  const middle = xs.map((_, i) => mean(logs.map((v) => v[i])));
  const slope = exponent(xs, middle.map(Math.exp));
  const centre = mean(xs.map(Math.log));
  const bend = middle.map((v, i) => v - slope * (Math.log(xs[i]) - centre));
  const sum = (values: readonly number[]) => values.reduce((total, v) => total + v * v, 0);
  const scatter = sum(logs.flatMap((v) => v.map((value, i) => value - middle[i])));
  if (scatter === 0) return null;
  const [df1, df2] = [k - 2, (k - 1) * (R - 1)];
  return fTail((R * sum(bend)) / df1 / (scatter / df2), df1, df2);
}

/**
 * Returns the polynomial `c0 + c1 x + ... + cd x^d` without negative coefficients that has the
 * least relative error: `sum ((fit - y) / y)^2`. A time is a sum of costs, none of which is
 * negative.
 *
 * Every choice of terms is fitted, and the best fit without negative coefficients is returned; four
 * terms have fifteen choices.
 *
 * @param degree d
 * @returns the d + 1 coefficients
 */
export function nonNegativeFit(
  xs: readonly number[],
  ys: readonly number[],
  degree: number,
): number[] {
  // Powers of x / largest x, which are of one size, keep the equations well conditioned.
  const scale = Math.max(...xs);
  const rows = xs.map((x, i) =>
    Array.from({ length: degree + 1 }, (_, power) => (x / scale) ** power / ys[i]),
  );
  let best = { error: Number.POSITIVE_INFINITY, coefficients: new Array(degree + 1).fill(0) };
  for (let chosen = 1; chosen < 2 ** (degree + 1); chosen++) {
    const powers = rows[0].map((_, power) => power).filter((power) => (chosen >> power) % 2 === 1);
    const solution = leastSquares(rows.map((row) => powers.map((power) => row[power])));
    if (solution === null || solution.some((c) => c < 0)) continue;
    const coefficients = new Array(degree + 1).fill(0);
    for (const [i, power] of powers.entries()) coefficients[power] = solution[i];
    const errors = rows.map((row) => row.reduce((sum, v, i) => sum + v * coefficients[i], -1));
    const error = errors.reduce((sum, e) => sum + e * e, 0);
    if (error < best.error) best = { error, coefficients };
  }
  return best.coefficients.map((c: number, power) => c / scale ** power);
}

/** Returns the c that minimises `|A c - 1|^2`, by the normal equations; null if singular. */
function leastSquares(rows: readonly (readonly number[])[]): number[] | null {
  const size = rows[0].length;
  const system = Array.from({ length: size }, (_, i) => [
    ...Array.from({ length: size }, (_, j) => rows.reduce((sum, row) => sum + row[i] * row[j], 0)),
    rows.reduce((sum, row) => sum + row[i], 0),
  ]);
  for (let i = 0; i < size; i++) {
    const pivot = system.slice(i).reduce((a, b) => (Math.abs(b[i]) > Math.abs(a[i]) ? b : a));
    if (Math.abs(pivot[i]) < 1e-14) return null;
    system.splice(system.indexOf(pivot), 1);
    system.splice(i, 0, pivot);
    for (const row of system) {
      if (row === pivot) continue;
      const factor = row[i] / pivot[i];
      for (let j = i; j <= size; j++) row[j] -= factor * pivot[j];
    }
  }
  return system.map((row, i) => row[size] / row[i]);
}
