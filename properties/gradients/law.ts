/**
 * What holds of the gradients of any model: each law a value, run by the gate on the code as it is
 * and by `npm run mutants` on the code with a bug in it.
 */
import type fc from "fast-check";
import { expect } from "../../src/laws/support/expect.ts";
import type { Weights } from "../../src/model/weights.ts";
import type { GradientCase } from "./cases.ts";

export interface GradientLaw {
  readonly id: string;
  /** A fact, in the present tense. */
  readonly name: string;
  readonly runs: number;
  /** How many of so many cases must say something. */
  readonly floor: number;
  readonly cases: fc.Arbitrary<GradientCase>;
  /** @returns how large the error was over its bound; null where the case says nothing */
  readonly holds: (value: GradientCase) => number | null;
}

/** @returns error / bound */
export function expectClose(what: string, actual: number, expected: number, bound: number): number {
  const error = Math.abs(actual - expected);
  const text = `${what} is ${actual}, but should be ${expected}: off by ${error}, ${bound} allowed`;
  expect(error <= bound, text);
  return bound === 0 ? 0 : error / bound;
}

/**
 * Every entry of every tensor within `share` of the largest of all; 0 for the same numbers. A
 * gradient that is zero but for rounding is as far off as the numbers that cancelled in it were
 * large, and these flow through other tensors too.
 *
 * @returns the largest error over its bound
 */
export function expectSame(
  what: string,
  actual: Weights,
  expected: Weights,
  share: number,
): number {
  const sizes = expected.tensors.flatMap(({ data }) => [...data].map(Math.abs));
  const bound = share * Math.max(...sizes);
  let largest = 0;
  for (const [t, { name, data }] of expected.tensors.entries()) {
    for (const [i, x] of data.entries()) {
      const got = actual.tensors[t].data[i];
      largest = Math.max(largest, expectClose(`${what}: ${name}[${i}]`, got, x, bound));
    }
  }
  return largest;
}

/** What float64 sums in another order may differ by, as a share of the largest gradient. */
export const ROUNDING = 1e-11;

export function expectZero(what: string, data: Float64Array): void {
  const i = data.findIndex((x) => x !== 0);
  expect(i < 0, `${what}[${i}] must be 0, got ${data[i]}`);
}

export const tensorOf = ({ tensors }: Weights, name: string) =>
  tensors.find((tensor) => tensor.name === name)!.data;
