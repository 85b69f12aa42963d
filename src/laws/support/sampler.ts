import type { Generation } from "../../generation/generation.ts";
import type { Sampler } from "../../sampling/sampler.ts";
import type { ChoiceSubject, LogitsSubject } from "../../subjects/subject.ts";
import { derivedTolerances } from "../../tolerance/arithmetics.ts";
import { expectThat } from "./expect.ts";

/** Rounding that a sum of probabilities may carry. */
export const slack = derivedTolerances.probability;

/** Rounding that probabilities of this sampler, and sums of them, may carry. */
export function slackOf({ conventions }: Partial<Sampler>): number {
  const isFloat32 = conventions?.probabilities === "float32";
  return isFloat32 ? derivedTolerances.float32Probability : slack;
}

/** Returns the sampler, of which only the functions that the law needs may be used. */
export const samplerOf = ({ sampler }: ChoiceSubject | LogitsSubject) => sampler as Sampler;

/** Returns the speculative rule of a subject that offers it. */
export const speculateOf = ({ speculate }: ChoiceSubject) => speculate as Generation["speculate"];

/** Returns a row of numbers for a message, each with six digits; of a long one, both ends. */
export function show(row: ArrayLike<number>): string {
  const digits = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => Number(row[from + i].toPrecision(6))).join();
  const { length } = row;
  if (length <= 2 * shownEnds) return `[${digits(0, length)}]`;
  return `[${digits(0, shownEnds)},...,${digits(length - shownEnds, length)}] of ${length}`;
}

/** Number of logits that are shown of each end of a long row. */
const shownEnds = 32;

/** Returns the ids that a filter kept: their logits must be unchanged, all others -Infinity. */
export function keptBy(what: string, before: Float64Array, after: ArrayLike<number>): number[] {
  expectThat(
    after.length === before.length,
    `${what} has ${after.length} of ${before.length} logits`,
  );
  return Array.from(before.keys()).filter((id) => {
    if (after[id] === Number.NEGATIVE_INFINITY) return false;
    const changed = `${what} turned logit ${id} from ${before[id]} into ${after[id]}`;
    expectThat(Object.is(after[id], before[id]), changed);
    return true;
  });
}

/** Expects that no dropped token has a larger logit than a kept one. */
export function expectUpperSet(what: string, row: Float64Array, kept: readonly number[]): void {
  const lowest = kept.reduce((least, id) => Math.min(least, row[id]), Number.POSITIVE_INFINITY);
  const ids = new Set(kept);
  const dropped = Array.from(row.keys()).find((id) => !ids.has(id) && row[id] > lowest);
  const message = `${what} keeps a logit of ${lowest} and drops token ${dropped}`;
  expectThat(dropped === undefined, message);
}

/** Options are checked: a call with a bad one is an error, of any class. */
export function expectRefused(accepted: string, call: () => unknown): void {
  try {
    call();
  } catch (error) {
    expectThat(error instanceof Error, `${accepted} and threw ${error}, which is no error`);
    return;
  }
  expectThat(false, accepted);
}

export interface NucleusCase {
  row: Float64Array;
  p: number;
}

/** Returns true if sums of these probabilities are exact in any order. */
export const sumExactly = (probs: Float64Array) =>
  probs.every((p) => Number.isInteger(p * 2 ** 32));
