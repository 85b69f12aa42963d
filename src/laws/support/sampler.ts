import type { Generation } from "../../generation/generation.ts";
import type { Sampler } from "../../sampling/sampler.ts";
import type { ChoiceSubject, LogitsSubject } from "../../subjects/subject.ts";
import { derivedTolerances } from "../../tolerance/arithmetics.ts";
import { expect } from "./expect.ts";

/** Rounding that a sum of probabilities may carry. */
export const slack = derivedTolerances.probability;

/** Returns the sampler, of which only the functions that the law needs may be used. */
export const samplerOf = ({ sampler }: ChoiceSubject | LogitsSubject) => sampler as Sampler;

/** Returns the speculative rule of a subject that offers it. */
export const speculateOf = ({ speculate }: ChoiceSubject) => speculate as Generation["speculate"];

export const show = (row: ArrayLike<number>) =>
  `[${Array.from(row, (x) => Number(x.toPrecision(6)))}]`;

/** The ids that a filter kept; every kept logit must be untouched, every other -Infinity. */
export function keptBy(what: string, before: Float64Array, after: ArrayLike<number>): number[] {
  expect(after.length === before.length, `${what} has ${after.length} of ${before.length} logits`);
  return Array.from(before.keys()).filter((id) => {
    if (after[id] === Number.NEGATIVE_INFINITY) return false;
    const changed = `${what} turned logit ${id} from ${before[id]} into ${after[id]}`;
    expect(Object.is(after[id], before[id]), changed);
    return true;
  });
}

/** No dropped token has a larger logit than a kept one. */
export function expectUpperSet(what: string, row: Float64Array, kept: readonly number[]): void {
  const lowest = Math.min(...kept.map((id) => row[id]));
  const dropped = Array.from(row.keys()).find((id) => !kept.includes(id) && row[id] > lowest);
  const message = `${what} keeps a logit of ${lowest} and drops token ${dropped}`;
  expect(dropped === undefined, message);
}

/** Options are checked: a call with a bad one is a RangeError. */
export function expectRefused(accepted: string, call: () => unknown): void {
  try {
    call();
  } catch (error) {
    expect(error instanceof RangeError, `${accepted} and threw ${error}`);
    return;
  }
  expect(false, accepted);
}

export interface NucleusCase {
  row: Float64Array;
  p: number;
}

/** Whether sums of these probabilities carry no rounding, whatever their order. */
export const sumExactly = (probs: Float64Array) =>
  probs.every((p) => Number.isInteger(p * 2 ** 32));
