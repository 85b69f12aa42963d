/**
 * The distributions that intervals and tests are read from: Student's t, Fisher's F, the binomial.
 */

/**
 * The probability that Student's t with `df` degrees of freedom is farther from 0 than `t`, on
 * either side: `I_{df / (df + t^2)}(df / 2, 1 / 2)`.
 */
export function tTwoSided(t: number, df: number): number {
  return regularizedBeta(df / (df + t * t), df / 2, 0.5);
}

/**
 * The t that Student's t with `df` degrees of freedom exceeds with probability `tail`, one-sided:
 * 12.706 for 0.025 and 1. Found by bisection, to the last bits of a double.
 *
 * @param tail in (0, 0.5)
 */
export function tCritical(tail: number, df: number): number {
  let low = 0;
  let high = 1;
  while (tTwoSided(high, df) > 2 * tail) high *= 2;
  for (let i = 0; i < 80; i++) {
    const middle = (low + high) / 2;
    if (tTwoSided(middle, df) > 2 * tail) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The probability that Fisher's F with `df1` and `df2` degrees of freedom exceeds `f`. */
export function fTail(f: number, df1: number, df2: number): number {
  return regularizedBeta(df2 / (df2 + df1 * f), df2 / 2, df1 / 2);
}

/**
 * The probabilities of 0, 1, ..., n heads in n throws of a fair coin, from logarithms, as `2^-n`
 * vanishes from doubles at n = 1,075.
 */
export function fairCoin(n: number): number[] {
  let log = -n * Math.LN2;
  const probabilities = [Math.exp(log)];
  for (let heads = 1; heads <= n; heads++) {
    log += Math.log((n - heads + 1) / heads);
    probabilities.push(Math.exp(log));
  }
  return probabilities;
}

/**
 * The regularised incomplete beta function `I_x(a, b)`, for a and b that are multiples of 1/2. Its
 * continued fraction converges fast below the mean; above it, `I_x(a, b) = 1 - I_{1-x}(b, a)`.
 *
 * @see NIST Digital Library of Mathematical Functions, 8.17.22 and 8.17.4
 */
function regularizedBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - regularizedBeta(1 - x, b, a);
  const beta = logGamma(a) + logGamma(b) - logGamma(a + b);
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) - beta) / a;
  return front / betaFraction(x, a, b);
}

/** `1 + d1 / (1 + d2 / (1 + ...))` of DLMF 8.17.22, by the algorithm of Lentz. */
function betaFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  let fraction = 1;
  let c = 1;
  let d = 0;
  for (let i = 1; i <= 10_000; i++) {
    const m = i >> 1;
    const odd = (-(a + m) * (a + b + m)) / ((a + 2 * m) * (a + 2 * m + 1));
    const even = (m * (b - m)) / ((a + 2 * m - 1) * (a + 2 * m));
    const term = (i % 2 === 1 ? odd : even) * x;
    d = 1 / (1 + term * d || tiny);
    c = 1 + term / c || tiny;
    fraction *= c * d;
    if (Math.abs(c * d - 1) < 1e-15) break;
  }
  return fraction;
}

/** `ln Gamma(z)` for z a positive multiple of 1/2, by `Gamma(z + 1) = z Gamma(z)`. */
function logGamma(z: number): number {
  let log = Number.isInteger(z) ? 0 : Math.log(Math.PI) / 2;
  for (let factor = z - 1; factor > 0; factor--) log += Math.log(factor);
  return log;
}
