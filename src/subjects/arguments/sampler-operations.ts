/** The classes of the arguments of the functions of a sampler. */
import type { Logits } from "../../math/logits.ts";
import type { SamplingOptions } from "../../sampling/sample-token.ts";
import { type Argument, argument, type Operation } from "./argument.ts";
import {
  anyRow,
  historyArgument,
  optionArguments,
  rowArgument,
  type Vocabulary,
} from "./sampling-arguments.ts";

/** A call of a filter or a penalty: its option is the only one. */
export interface StageCall extends Vocabulary {
  readonly logits: Logits;
  readonly history: readonly number[];
  readonly options: SamplingOptions;
}

/** A call that chooses a token. */
export interface SampleCall extends StageCall {
  readonly hasRandom: boolean;
}

/** A call of `draw`. */
export interface DrawCall {
  /** Number of positive probabilities. */
  readonly positive: number;
  readonly u: number;
}

/** Returns the argument of this option, which must be given. */
function onlyOption(option: keyof SamplingOptions): Argument<StageCall> {
  const given: Argument<StageCall> = optionArguments[option];
  return { ...given, legal: given.legal.filter(({ name }) => name !== "absent") };
}

const stage = (
  name: string,
  option: keyof SamplingOptions,
  ...others: readonly Argument<StageCall>[]
): Operation<StageCall> => ({ name, arguments: [anyRow, ...others, onlyOption(option)] });

/** A temperature of 0 is greedy, and has no scale. */
function scale(): Operation<StageCall> {
  const temperature = onlyOption("temperature");
  const isZero = ({ name }: { readonly name: string }) => name === "0";
  const legal = temperature.legal.filter((one) => !isZero(one));
  const illegal = [...temperature.illegal, ...temperature.legal.filter(isZero)];
  return { name: "temperatureScale", arguments: [anyRow, { ...temperature, legal, illegal }] };
}

/** The filters and penalties of a sampler. */
export const stages = {
  repetitionPenalty: stage("repetitionPenalty", "repetitionPenalty", historyArgument),
  frequencyPenalty: stage("frequencyPenalty", "frequencyPenalty", historyArgument),
  presencePenalty: stage("presencePenalty", "presencePenalty", historyArgument),
  ban: stage("ban", "bannedSequences", historyArgument),
  temperatureScale: scale(),
  topK: stage("topK", "topK"),
  topP: stage("topP", "topP"),
  minP: stage("minP", "minP"),
} satisfies Record<string, Operation<StageCall>>;

export const greedy: Operation<{ readonly logits: Logits }> = {
  name: "greedy",
  arguments: [rowArgument],
};

export const distribution: Operation<StageCall> = {
  name: "distribution",
  arguments: [rowArgument, historyArgument, ...Object.values(optionArguments)],
};

/** A random source is required unless the temperature is 0. */
const randomArgument: Argument<SampleCall> = argument(
  "random",
  ({ hasRandom }: SampleCall) => hasRandom,
  { given: (has) => has, absent: () => true },
);

export const sample: Operation<SampleCall> = {
  name: "sample",
  arguments: [rowArgument, historyArgument, randomArgument, ...Object.values(optionArguments)],
};

export const draw: Operation<DrawCall> = {
  name: "draw",
  arguments: [
    argument(
      "probabilities",
      ({ positive }: DrawCall) => positive,
      { "one token": (count) => count === 1, "several tokens": (count) => count > 1 },
      { none: (count) => count === 0 },
    ),
    argument(
      "u",
      ({ u }: DrawCall) => u,
      {
        0: (u) => u === 0,
        "largest below 1": (u) => u === 1 - 2 ** -53,
        "between 0 and 1": () => true,
      },
      {
        "not a number": (u) => Number.isNaN(u),
        negative: (u) => u < 0,
        "1 or more": (u) => u >= 1,
      },
    ),
  ],
};
