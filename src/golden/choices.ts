/** Calls of a sampler's functions, and the comparison of their results. */
import { rowIndex, scriptedDecoder } from "../arbitraries/scripted-decoder.ts";
import { seededRandom } from "../math/random.ts";
import type { ChoiceSubject } from "../subjects/subject.ts";
import type { ChoiceCase, ChoiceFunction, ChoiceInput } from "./format.ts";

/** Number of tokens that are drawn in a case of `draw` or `sample`, with one random source. */
const DRAWS = 16;

/** Lengths of a speculative generation. */
const speculation = { draftTokens: 3, maxNewTokens: 12, context: 32 };

type Result = number | ArrayLike<number>;
type Call = (subject: ChoiceSubject, input: ChoiceInput) => Result | Promise<Result> | undefined;

/**
 * The call of each function; the result is undefined if the subject does not offer it. Rows are
 * copied, because a sampler may change what it is given.
 */
const calls: { readonly [Name in ChoiceFunction]: Call } = {
  greedy: ({ sampler }, input) => sampler.greedy?.(rowOf(input)),
  repetitionPenalty: ({ sampler }, input) =>
    sampler.repetitionPenalty?.(
      rowOf(input),
      [...input.history],
      input.options.repetitionPenalty ?? 1,
    ),
  frequencyPenalty: ({ sampler }, input) =>
    sampler.frequencyPenalty?.(
      rowOf(input),
      [...input.history],
      input.options.frequencyPenalty ?? 0,
    ),
  presencePenalty: ({ sampler }, input) =>
    sampler.presencePenalty?.(rowOf(input), [...input.history], input.options.presencePenalty ?? 0),
  ban: ({ sampler }, input) =>
    sampler.ban?.(rowOf(input), [...input.history], input.options.bannedSequences ?? []),
  temperatureScale: ({ sampler }, input) =>
    sampler.temperatureScale?.(rowOf(input), input.options.temperature ?? 1),
  topK: ({ sampler }, input) => sampler.topK?.(rowOf(input), input.options.topK ?? 0),
  topP: ({ sampler }, input) => sampler.topP?.(rowOf(input), input.options.topP ?? 1),
  minP: ({ sampler }, input) => sampler.minP?.(rowOf(input), input.options.minP ?? 0),
  distribution: ({ sampler }, input) =>
    sampler.distribution?.(rowOf(input), input.options, [...input.history]),
  draw: ({ sampler }, input) => {
    const random = seededRandom(input.seed);
    return sampler.draw && drawn(() => sampler.draw!(rowOf(input), random()));
  },
  sample: ({ sampler }, input) => {
    const random = seededRandom(input.seed);
    const { options, history } = input;
    return (
      sampler.sample && drawn(() => sampler.sample!(rowOf(input), options, random, [...history]))
    );
  },
  speculate: ({ speculate }, input) => speculate && speculated(speculate, input),
};

export const choiceFunctions = Object.keys(calls) as ChoiceFunction[];

/** Functions whose results are token ids, which are compared exactly. */
const giveTokens: readonly ChoiceFunction[] = ["greedy", "draw", "sample", "speculate"];

/** Returns the functions that a subject offers. */
export function offeredFunctions({ sampler, speculate }: ChoiceSubject): ChoiceFunction[] {
  return choiceFunctions.filter((name) =>
    name === "speculate" ? speculate !== undefined : sampler[name] !== undefined,
  );
}

/**
 * Calls the function of a case.
 *
 * @returns the numbers that it returned; null if the subject does not offer the function
 */
export async function callOf(
  subject: ChoiceSubject,
  input: ChoiceInput,
): Promise<readonly number[] | null> {
  const result = await calls[input.function](subject, input);
  if (result === undefined) return null;
  return typeof result === "number" ? [result] : Array.from(result);
}

/** The first number in which two results differ. */
interface ChoicePlace {
  /** Its index in the result; null if the results have different lengths or one is missing. */
  readonly index: number | null;
  readonly old: string;
  readonly new: string;
}

/** Compares the result of a call with the recorded one; dropped tokens must be the same. */
export function choiceDifference(
  actual: readonly number[] | null,
  { function: name, result }: ChoiceCase,
  tolerance: number,
): { readonly first: ChoicePlace | null; readonly largestError: number } {
  const count = (numbers: readonly number[]) => `${numbers.length} numbers`;
  if (actual === null || actual.length !== result.length) {
    const is = actual === null ? "not offered" : count(actual);
    return { first: { index: null, old: count(result), new: is }, largestError: 0 };
  }
  const errors = result.map((was, i) => (was === actual[i] ? 0 : Math.abs(was - actual[i])));
  const allowed = giveTokens.includes(name) ? 0 : tolerance;
  // Written so that NaN is never within a tolerance.
  const index = errors.findIndex((error) => !(error <= allowed));
  const largestError = errors.reduce(
    (most, e) => (Number.isFinite(e) ? Math.max(most, e) : most),
    0,
  );
  if (index < 0) return { first: null, largestError };
  return { first: { index, old: String(result[index]), new: String(actual[index]) }, largestError };
}

function rowOf({ rows: [row] }: ChoiceInput): Float64Array {
  return Float64Array.from(row);
}

function drawn(draw: () => number): number[] {
  return Array.from({ length: DRAWS }, draw);
}

/** A generation after the history; the first half of the rows is the target's. */
async function speculated(
  speculate: NonNullable<ChoiceSubject["speculate"]>,
  { rows, options, history, seed }: ChoiceInput,
): Promise<readonly number[]> {
  const { draftTokens, maxNewTokens, context } = speculation;
  const half = rows.length / 2;
  const [target, draft] = [rows.slice(0, half), rows.slice(half)].map((table) =>
    scriptedDecoder(rows[0].length, context, (tokens) =>
      Float64Array.from(table[rowIndex(tokens, table.length)]),
    ),
  );
  const random = seededRandom(seed);
  const request = { ...options, draftTokens, maxNewTokens, random };
  return (await speculate(target, draft, [...history], request)).newTokens;
}
