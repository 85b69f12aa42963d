/**
 * The error function, `2/sqrt(pi)` times the integral of `e^(-t^2)` from 0 to x, accurate to a few
 * bits of a double: a series of positive terms where it converges fast, otherwise the continued
 * fraction of the complement, evaluated from its tail.
 *
 * @see Abramowitz and Stegun 7.1.6 and 7.1.14
 */
export function erf(x: number): number {
  const size = Math.abs(x);
  if (size > 6) return Math.sign(x); // 1 - erf(6) is 2e-17
  const gauss = Math.exp(-x * x);
  return size < 2.5
    ? TWO_OVER_SQRT_PI * gauss * series(x)
    : Math.sign(x) * (1 - (gauss * tail(size)) / SQRT_PI);
}

const SQRT_PI = Math.sqrt(Math.PI);
const TWO_OVER_SQRT_PI = 2 / SQRT_PI;

/** `x + 2 x^3 / 3 + 4 x^5 / 15 + ...`: every term is the previous one times `2 x^2 / (2 n + 1)`. */
function series(x: number): number {
  const growth = 2 * x * x;
  let sum = x;
  let term = x;
  for (let odd = 3; ; odd += 2) {
    term *= growth / odd;
    const next = sum + term;
    if (next === sum) return sum;
    sum = next;
  }
}

/** `1 / (x + (1/2) / (x + (2/2) / (x + (3/2) / (x + ...))))` */
function tail(x: number): number {
  let denominator = x;
  for (let n = 48; n > 0; n--) denominator = x + (0.5 * n) / denominator;
  return 1 / denominator;
}
