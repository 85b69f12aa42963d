/** Dual numbers, `v + d e` with `e^2 = 0`: arithmetic on them computes a derivative. */
import { erf } from "../../src/math/erf.ts";

export interface Dual {
  readonly v: number;
  readonly d: number;
}

export const constant = (v: number): Dual => ({ v, d: 0 });
export const add = (a: Dual, b: Dual): Dual => ({ v: a.v + b.v, d: a.d + b.d });
export const subtract = (a: Dual, b: Dual): Dual => ({ v: a.v - b.v, d: a.d - b.d });
export const scale = (factor: number, a: Dual): Dual => ({ v: factor * a.v, d: factor * a.d });
export const multiply = (a: Dual, b: Dual): Dual => ({ v: a.v * b.v, d: a.d * b.v + a.v * b.d });
export const sum = (all: readonly Dual[]): Dual => all.reduce(add, constant(0));

export function divide(a: Dual, b: Dual): Dual {
  const v = a.v / b.v;
  return { v, d: (a.d - v * b.d) / b.v };
}

/** `a . b` */
export const dot = (a: readonly Dual[], b: readonly Dual[]): Dual =>
  sum(a.map((x, i) => multiply(x, b[i])));

export function exp(a: Dual): Dual {
  const v = Math.exp(a.v);
  return { v, d: v * a.d };
}

export const log = (a: Dual): Dual => ({ v: Math.log(a.v), d: a.d / a.v });

export function sqrt(a: Dual): Dual {
  const v = Math.sqrt(a.v);
  return { v, d: a.d / (2 * v) };
}

/** `(e^x - e^-x) / (e^x + e^-x)`, with the value of Math.tanh. */
export function tanh(a: Dual): Dual {
  const v = Math.tanh(a.v);
  return { v, d: (1 - v * v) * a.d };
}

/** The standard normal distribution; its derivative is the density. */
export function normalDistribution(a: Dual): Dual {
  const density = Math.exp(-(a.v ** 2) / 2) / Math.sqrt(2 * Math.PI);
  return { v: (1 + erf(a.v / Math.SQRT2)) / 2, d: density * a.d };
}
