import fc from "fast-check";
import type { SamplingOptions } from "../sampling/sample-token.ts";
import { Sizes } from "./sizes.ts";

/** Temperatures at which a draw is greedy: a gap of one unit in the last place of 1 is certain. */
export const coldest = [1e-20, 1e-306, Number.MIN_VALUE] as const;

const values: { [Name in keyof SamplingOptions]-?: fc.Arbitrary<SamplingOptions[Name]> } = {
  temperature: mostly(fc.constantFrom(1, 0.5, 2, 0.8, 4), 1e-3, ...coldest, 1e9, Number.MAX_VALUE),
  topK: fc.constantFrom(3, 2, 4, 5, 6, 1, 0),
  topP: fc.oneof(thousandths(500, 1000), fc.constantFrom(0.5, 0.75, 0.9, 1, 0)),
  minP: fc.oneof(thousandths(0, 300), fc.constantFrom(0.5, 0.25, 0.1, 0, 1)),
  repetitionPenalty: fc.constantFrom(1.3, 2, 1.1, 1, 0.5),
  frequencyPenalty: fc.constantFrom(0.5, 1, 0.25, 0, -0.5),
  presencePenalty: fc.constantFrom(0.5, 1, 0.25, 0, -0.5),
  bannedSequences: fc.array(rawSequence(), { maxLength: 1 }),
};

/**
 * Returns options of a sampler, each present in two of three cases. At most one sequence is banned,
 * so that at most one token is removed.
 */
export function samplingOptions(sizes = new Sizes()): fc.Arbitrary<SamplingOptions> {
  const k = sizes.sizeOf("top-k");
  const large = k === null ? {} : { topK: fc.constant(k) };
  const all: [string, fc.Arbitrary<unknown>][] = Object.entries({ ...values, ...large });
  const maybe = all.map(([name, value]) =>
    fc.option(value, { nil: undefined, freq: 3 }).map((given) => [name, given] as const),
  );
  return fc
    .tuple(...maybe)
    .map((options) => Object.fromEntries(options.filter(([, given]) => given !== undefined)));
}

/** Returns the options with the ids of banned sequences modulo V. */
export function optionsOf<T extends SamplingOptions>(vocabSize: number, options: T): T {
  if (options.bannedSequences === undefined) return options;
  const folded = options.bannedSequences.map((ids) => ids.map((id) => id % vocabSize));
  return { ...options, bannedSequences: folded };
}

/** Ids before a vocabulary is chosen; small, so that the sequences occur in texts. */
function rawSequence(): fc.Arbitrary<number[]> {
  return fc.array(fc.nat({ max: 15 }), { minLength: 1, maxLength: 3, size: "max" });
}

/** Returns values of an arbitrary, in one of eight cases an extreme one. */
function mostly(usual: fc.Arbitrary<number>, ...extremes: number[]): fc.Arbitrary<number> {
  const rare = fc.constantFrom(...extremes);
  return fc.oneof({ weight: 7, arbitrary: usual }, { weight: 1, arbitrary: rare });
}

function thousandths(min: number, max: number): fc.Arbitrary<number> {
  return fc.integer({ min, max }).map((x) => x / 1000);
}
