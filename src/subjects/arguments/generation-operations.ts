/** The classes of the arguments of the functions that generate with a decoder. */
import type { CompleteOptions } from "../../generation/complete.ts";
import type { GenerateOptions } from "../../generation/generate.ts";
import {
  type Argument,
  argument,
  type Classes,
  illegalIds,
  listLengths,
  notCounts,
  type Operation,
} from "./argument.ts";
import { optionArguments } from "./sampling-arguments.ts";

/** The limits of the decoder that a call generates with. */
export interface Limits {
  readonly vocabSize: number;
  readonly context: number;
}

export interface Prompted extends Limits {
  /** An empty or else the longest prompt, if there are several. */
  readonly prompt: readonly number[];
  /** The tokens of all prompts. */
  readonly tokens: readonly number[];
}

interface Counted extends Prompted {
  readonly options: Pick<CompleteOptions, "maxNewTokens">;
}

/** A call that generates one text or several. */
export interface GenerateCall extends Prompted {
  readonly options: GenerateOptions;
}

/** A call of `generateBatch`. */
export interface GenerateBatchCall extends GenerateCall {
  readonly rows: number;
}

/** A call of `speculate`. */
export interface SpeculateCall extends GenerateCall {
  readonly draftTokens: number;
  readonly draftVocabSize: number;
  readonly draftContext: number;
}

/** A call of `complete`. */
export interface CompleteCall extends Prompted {
  readonly options: CompleteOptions;
}

const prompts: Classes<readonly number[], Prompted> = {
  "the whole context": ({ length }, { context }) => length === context,
  one: listLengths.one,
  several: ({ length }, { context }) => length > 1 && length < context,
};

const prompt: Argument<Prompted> = argument("prompt", ({ prompt }: Prompted) => prompt, prompts, {
  none: listLengths.none,
  "more than the context": ({ length }, { context }) => length > context,
});

const ids: Argument<Prompted> = argument(
  "ids",
  ({ tokens }: Prompted) => tokens,
  { legal: () => true },
  illegalIds,
);

const isMore = (count: number, { prompt, context }: Counted) => count > context - prompt.length + 1;

const newTokens = {
  1: (count: number) => count === 1,
  "more than fit": isMore,
  several: () => true,
};

const maxNewTokens: Argument<Counted> = argument(
  "maxNewTokens",
  ({ options }: Counted) => options.maxNewTokens,
  { 0: (count) => count === 0, ...newTokens },
  notCounts,
);

const generating: readonly Argument<GenerateCall>[] = [
  prompt,
  ids,
  maxNewTokens,
  argument("eosTokenId", ({ options }: GenerateCall) => options.eosTokenId, {
    absent: (id) => id === undefined,
    given: () => true,
  }),
  argument("history", ({ options }: GenerateCall) => options.history, {
    absent: (history) => history === undefined,
    all: (history) => history === "all",
    generated: (history) => history === "generated",
  }),
  ...Object.values(optionArguments),
];

/** A random source is required unless the temperature is 0. */
const random: Argument<GenerateCall> = argument(
  "random",
  ({ options }: GenerateCall) => options.random !== undefined,
  { given: (has) => has, absent: () => true },
);

/** Returns an option that is on or off, and off if it is absent. */
const flag = (name: "naive" | "truncate"): Argument<GenerateCall> =>
  argument(name, ({ options }) => options[name] ?? false, {
    on: (value) => value,
    off: () => true,
  });

export const generate: Operation<GenerateCall> = {
  name: "generate",
  arguments: [...generating, random, flag("naive"), flag("truncate")],
};

export const generateBatch: Operation<GenerateBatchCall> = {
  name: "generateBatch",
  arguments: [
    argument("rows", ({ rows }: GenerateBatchCall) => rows, {
      one: (rows) => rows === 1,
      several: (rows) => rows > 1,
    }),
    ...generating,
    random,
    flag("naive"),
    flag("truncate"),
  ],
};

export const speculate: Operation<SpeculateCall> = {
  name: "speculate",
  arguments: [
    ...generating,
    argument(
      "draftTokens",
      ({ draftTokens }: SpeculateCall) => draftTokens,
      {
        1: (count) => count === 1,
        "maxNewTokens or more": (count, { options }) => count >= options.maxNewTokens,
        several: () => true,
      },
      { ...notCounts, 0: (count) => count === 0 },
    ),
    argument(
      "draft",
      ({ draftContext }: SpeculateCall) => draftContext,
      {
        "a shorter context": (draftContext, { context }) => draftContext < context,
        "the same context": () => true,
      },
      {
        "another vocabulary": (_context, { draftVocabSize, vocabSize }) =>
          draftVocabSize !== vocabSize,
      },
    ),
  ],
};

export const logProbs: Operation<Prompted> = {
  name: "logProbs",
  arguments: [
    argument(
      "tokens",
      ({ prompt }: Prompted) => prompt.length,
      {
        "one more than the context": (length, { context }) => length === context + 1,
        two: (length) => length === 2,
        several: () => true,
      },
      {
        none: (length) => length === 0,
        one: (length) => length === 1,
        "two more than the context": (length, { context }) => length > context + 1,
      },
    ),
    ids,
  ],
};

export const complete: Operation<CompleteCall> = {
  name: "complete",
  arguments: [
    // A server may cut a prompt that is too long.
    argument("prompt", ({ prompt }: CompleteCall) => prompt, prompts, { none: listLengths.none }),
    ids,
    argument("maxNewTokens", ({ options }: CompleteCall) => options.maxNewTokens, newTokens),
    argument("topLogProbs", ({ options }: CompleteCall) => options.topLogProbs, {
      V: (count, { vocabSize: V }) => count === V,
      "above V": (count, { vocabSize: V }) => count > V,
      1: (count) => count === 1,
      several: () => true,
    }),
    argument("cache", ({ options }: CompleteCall) => options.cache, {
      absent: (cache) => cache === undefined,
      on: (cache) => cache === true,
      off: () => true,
    }),
  ],
};
