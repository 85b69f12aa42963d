/** Values that every implementation must refuse, one of each class. */
import type { SamplingOptions } from "../sampling/sample-token.ts";

/** Numbers that are no count, length or index. */
export const illegalCounts = [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY] as const;

/** Returns numbers that are no token id of a vocabulary. */
export const illegalIds = (vocabSize: number): readonly number[] => [vocabSize, ...illegalCounts];

const notFinite = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY] as const;

/** Numbers that are no repetition penalty. */
export const illegalPenalties = [0, -1, ...notFinite] as const;

/** Numbers that are no frequency or presence penalty. */
export const illegalAdditive = notFinite;

/** Numbers that are no share of a probability. */
export const illegalShares = [-0.5, 1.5, Number.NaN] as const;

/** Temperatures that are neither positive nor, where greedy is meant, 0. */
export const illegalTemperatures = [-1, ...notFinite] as const;

/** Returns lists of banned sequences of which one is illegal. */
export const illegalBans = (vocabSize: number): readonly (readonly number[])[][] => [
  [[]],
  ...illegalIds(vocabSize).map((id) => [[id]]),
];

/** Returns sampling options, each with one illegal value. */
export function illegalOptions(vocabSize: number): readonly SamplingOptions[] {
  return [
    ...illegalTemperatures.map((temperature) => ({ temperature })),
    ...illegalCounts.map((topK) => ({ topK })),
    ...illegalShares.flatMap((share) => [{ topP: share }, { minP: share }]),
    ...illegalPenalties.map((repetitionPenalty) => ({ repetitionPenalty })),
    ...illegalAdditive.flatMap((penalty) => [
      { frequencyPenalty: penalty },
      { presencePenalty: penalty },
    ]),
    ...illegalBans(vocabSize).map((bannedSequences) => ({ bannedSequences })),
  ];
}

/** Returns the row with a logit that gives no distribution, in each of three ways. */
export function illegalRows(row: Float64Array, at: number): readonly Float64Array[] {
  const place = at % row.length;
  return [
    row.with(place, Number.NaN),
    row.with(place, Number.POSITIVE_INFINITY),
    row.map(() => Number.NEGATIVE_INFINITY),
  ];
}

/** Returns the value at an index that may be larger than the list. */
export const pick = <Value>(values: readonly Value[], index: number): Value =>
  values[index % values.length];
