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

/** A k from here on is V and more, before a vocabulary is chosen. */
const wholeVocabulary = 2 ** 30;

/** One value of each class of an option: at the ends of its range, and between them. */
const classes: { [Name in keyof SamplingOptions]-?: fc.Arbitrary<SamplingOptions[Name]>[] } = {
  temperature: [
    ...[fc.constantFrom(1e-3, ...coldest), fc.constantFrom(0.5, 0.8), fc.constant(1)],
    ...[fc.constantFrom(2, 4), fc.constantFrom(1e9, Number.MAX_VALUE)],
  ],
  topK: [0, 1, 3, wholeVocabulary, wholeVocabulary + 1].map((k) => fc.constant(k)),
  topP: [...[fc.constant(0), thousandths(1, 499), thousandths(500, 999)], fc.constant(1)],
  minP: [fc.constant(0), thousandths(1, 99), thousandths(100, 999), fc.constant(1)],
  repetitionPenalty: [0.5, 1, 1.3].map((penalty) => fc.constant(penalty)),
  frequencyPenalty: [-0.5, 0, 0.5].map((penalty) => fc.constant(penalty)),
  presencePenalty: [-0.5, 0, 0.5].map((penalty) => fc.constant(penalty)),
  bannedSequences: [fc.constant([]), oneBan(1, 1), oneBan(2, 3), sameEnd()],
};

/**
 * Returns options of a sampler, each present in two of three cases. In one of three cases all
 * classes of an option are equally frequent, and so are all pairs of classes of two options. At
 * most one token is banned.
 */
export function samplingOptions(sizes = new Sizes()): fc.Arbitrary<SamplingOptions> {
  const k = sizes.sizeOf("top-k");
  const large = k === null ? {} : { topK: fc.constant(k) };
  const usual = tupled({ ...values, ...large }, 3);
  if (sizes.large !== null) return usual;
  const evenly = Object.entries(classes).map(([name, one]) => {
    return [name, fc.oneof(fc.constant(undefined), ...(one as fc.Arbitrary<unknown>[]))] as const;
  });
  const even = tupled(Object.fromEntries(evenly), null);
  return fc.oneof({ weight: 2, arbitrary: usual }, { weight: 1, arbitrary: even });
}

/** @param freq one of so many values is absent; null if the arbitraries give absent ones */
function tupled(
  all: Readonly<Record<string, fc.Arbitrary<unknown>>>,
  freq: number | null,
): fc.Arbitrary<SamplingOptions> {
  const maybe = Object.entries(all).map(([name, value]) =>
    (freq === null ? value : fc.option(value, { nil: undefined, freq })).map(
      (given) => [name, given] as const,
    ),
  );
  return fc
    .tuple(...maybe)
    .map((options) => Object.fromEntries(options.filter(([, given]) => given !== undefined)));
}

/** Returns the options with the ids of banned sequences modulo V, and k relative to V if large. */
export function optionsOf<T extends SamplingOptions>(vocabSize: number, options: T): T {
  const { bannedSequences: sequences, topK: k } = options;
  return {
    ...options,
    ...(sequences && {
      bannedSequences: sequences.map((ids) => ids.map((id) => id % vocabSize)),
    }),
    ...(k !== undefined && k >= wholeVocabulary && { topK: vocabSize + k - wholeVocabulary }),
  };
}

/** Ids before a vocabulary is chosen; small, so that the sequences occur in texts. */
function rawSequence(minLength = 1, maxLength = 3): fc.Arbitrary<number[]> {
  return fc.array(fc.nat({ max: 15 }), { minLength, maxLength, size: "max" });
}

function oneBan(minLength: number, maxLength: number): fc.Arbitrary<number[][]> {
  return rawSequence(minLength, maxLength).map((ids) => [ids]);
}

/** Two sequences that end with the same id. */
function sameEnd(): fc.Arbitrary<number[][]> {
  return fc.tuple(rawSequence(), rawSequence(0, 2)).map(([ids, before]) => {
    return [ids, [...before, ids[ids.length - 1]]];
  });
}

/** Returns values of an arbitrary, in one of eight cases an extreme one. */
function mostly(usual: fc.Arbitrary<number>, ...extremes: number[]): fc.Arbitrary<number> {
  const rare = fc.constantFrom(...extremes);
  return fc.oneof({ weight: 7, arbitrary: usual }, { weight: 1, arbitrary: rare });
}

function thousandths(min: number, max: number): fc.Arbitrary<number> {
  return fc.integer({ min, max }).map((x) => x / 1000);
}
