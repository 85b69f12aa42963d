/** The classes of every sampling option, alone or beside others, of logits and of a history. */
import type { Logits } from "../../math/logits.ts";
import type { SamplingOptions } from "../../sampling/sample-token.ts";
import {
  type Argument,
  argument,
  type Classes,
  illegalIds,
  notCounts,
  notFinite,
} from "./argument.ts";

/** The part of a call that the classes of sampling options depend on. */
export interface Vocabulary {
  readonly vocabSize: number;
}

type OptionsCall = Vocabulary & { readonly options: SamplingOptions };

/** Returns the argument of a sampling option, which may be absent. */
function option<Name extends keyof SamplingOptions>(
  name: Name,
  legal: Classes<NonNullable<SamplingOptions[Name]>, Vocabulary>,
  illegal: Classes<NonNullable<SamplingOptions[Name]>, Vocabulary>,
): Argument<OptionsCall> {
  return argument(
    name,
    ({ options }: OptionsCall) => options[name],
    { absent: (value) => value === undefined, ...whereGiven(legal) },
    whereGiven(illegal),
  );
}

/** Returns the classes for a value that may be absent. */
function whereGiven<Value>(
  classes: Classes<NonNullable<Value>, Vocabulary>,
): Classes<Value, Vocabulary> {
  return Object.fromEntries(
    Object.entries(classes).map(([name, test]) => [
      name,
      (value: Value, call: Vocabulary) =>
        value !== undefined && value !== null && test(value, call),
    ]),
  );
}

const additive: Classes<number, Vocabulary> = {
  negative: (penalty) => penalty < 0,
  0: (penalty) => penalty === 0,
  positive: (penalty) => penalty > 0,
};

const notShares: Classes<number, Vocabulary> = {
  "not a number": notFinite["not a number"],
  negative: (value) => value < 0,
  "above 1": (value) => value > 1,
};

/** The sampling options of one call, each of which may be absent. */
export const optionArguments = {
  repetitionPenalty: option(
    "repetitionPenalty",
    {
      "below 1": (penalty) => penalty < 1,
      1: (penalty) => penalty === 1,
      "above 1": () => true,
    },
    { ...notFinite, 0: (penalty) => penalty === 0, negative: (penalty) => penalty < 0 },
  ),
  frequencyPenalty: option("frequencyPenalty", additive, notFinite),
  presencePenalty: option("presencePenalty", additive, notFinite),
  bannedSequences: option(
    "bannedSequences",
    {
      none: ({ length }) => length === 0,
      several: ({ length }) => length > 1,
      "one id": ([sequence]) => sequence.length === 1,
      "several ids": () => true,
    },
    {
      "an empty sequence": (sequences) => sequences.some(({ length }) => length === 0),
      "an id that is not a number": (sequences) => sequences.flat().some(Number.isNaN),
      "a negative id": (sequences) => sequences.flat().some((id) => id < 0),
      "a fractional id": (sequences) => sequences.flat().some((id) => !Number.isInteger(id)),
      "an id of V or more": (sequences, { vocabSize: V }) => sequences.flat().some((id) => id >= V),
    },
  ),
  temperature: option(
    "temperature",
    {
      0: (T) => T === 0,
      1: (T) => T === 1,
      "below 0.01": (T) => T < 0.01,
      "below 1": (T) => T < 1,
      "above 1": (T) => T <= 1000,
      "above 1000": () => true,
    },
    { ...notFinite, negative: (T) => T < 0 },
  ),
  topK: option(
    "topK",
    {
      0: (k) => k === 0,
      V: (k, { vocabSize: V }) => k === V,
      "above V": (k, { vocabSize: V }) => k > V,
      1: (k) => k === 1,
      middle: () => true,
    },
    notCounts,
  ),
  topP: option(
    "topP",
    {
      0: (p) => p === 0,
      1: (p) => p === 1,
      "below 0.5": (p) => p < 0.5,
      "0.5 or more": () => true,
    },
    notShares,
  ),
  minP: option(
    "minP",
    {
      0: (m) => m === 0,
      1: (m) => m === 1,
      "below 0.1": (m) => m < 0.1,
      "0.1 or more": () => true,
    },
    notShares,
  ),
} satisfies Record<keyof SamplingOptions, Argument<OptionsCall>>;

const legalRows: Classes<Logits, unknown> = {
  "one token": ({ length }) => length === 1,
  "dropped tokens": (row) => row.includes(Number.NEGATIVE_INFINITY),
  "equal largest": (row) => {
    let largest = Number.NEGATIVE_INFINITY;
    for (const logit of row) largest = Math.max(largest, logit);
    return row.indexOf(largest) !== row.lastIndexOf(largest);
  },
  others: () => true,
};

const illegalRows: Classes<Logits, unknown> = {
  "not a number": (row) => row.some(Number.isNaN),
  infinite: (row) => row.includes(Number.POSITIVE_INFINITY),
  "no finite logit": (row) => row.every((logit) => logit === Number.NEGATIVE_INFINITY),
};

interface RowCall {
  readonly logits: Logits;
}

/** Logits of a call that refuses those that give no distribution. */
export const rowArgument: Argument<RowCall> = argument(
  "logits",
  ({ logits }: RowCall) => logits,
  legalRows,
  illegalRows,
);

/** Logits of a call that need not refuse any. */
export const anyRow: Argument<RowCall> = argument(
  "logits",
  ({ logits }: RowCall) => logits,
  legalRows,
);

type HistoryCall = Vocabulary & { readonly history: readonly number[] };

/** The history of penalties and bans. */
export const historyArgument: Argument<HistoryCall> = argument(
  "history",
  ({ history }: HistoryCall) => history,
  {
    none: ({ length }) => length === 0,
    "an id twice": (ids) => new Set(ids).size < ids.length,
    "different ids": () => true,
  },
  illegalIds,
);
