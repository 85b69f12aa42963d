/**
 * Laws of the gradients of any model, run by the tests on the unchanged code and by
 * `npm run mutants` on code with a planted bug.
 */
import type fc from "fast-check";
import { expectThat } from "../../src/laws/support/expect.ts";
import type { Weights } from "../../src/model/weights.ts";
import type { GradientCase } from "./cases.ts";

export interface GradientLaw {
  readonly id: string;
  /** The statement, in the present tense. */
  readonly name: string;
  readonly runs: number;
  /** Required number of conclusive cases among `runs`. */
  readonly floor: number;
  readonly cases: fc.Arbitrary<GradientCase>;
  /** @returns the error divided by its bound; null for an inconclusive case */
  readonly holds: (value: GradientCase) => number | null;
}

/** @returns error / bound */
export function expectClose(what: string, actual: number, expected: number, bound: number): number {
  const error = Math.abs(actual - expected);
  const text = `${what} is ${actual}, but should be ${expected}: off by ${error}, ${bound} allowed`;
  expectThat(error <= bound, text);
  return bound === 0 ? 0 : error / bound;
}

/**
 * Compares every entry of every tensor, within `share` of the largest of all; 0 for equal numbers.
 * A gradient that is zero up to rounding has an error of the size of the numbers that cancelled in
 * it, and these also appear in other tensors.
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

/** Allowed difference of float64 sums in another order, as a share of the largest gradient. */
export const ROUNDING = 1e-11;

export function expectZero(what: string, data: Float64Array): void {
  const i = data.findIndex((x) => x !== 0);
  expectThat(i < 0, `${what}[${i}] must be 0, got ${data[i]}`);
}

export const tensorOf = ({ tensors }: Weights, name: string) =>
  tensors.find((tensor) => tensor.name === name)!.data;
