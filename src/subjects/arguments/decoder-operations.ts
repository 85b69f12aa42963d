/** The classes of the arguments of a decoder and its sequences. */
import {
  argument,
  illegalIds,
  legalIds,
  listLengths,
  notCounts,
  type Operation,
} from "./argument.ts";

/** A call of `start`. */
export interface StartCall {
  readonly position: number | undefined;
  readonly context: number;
}

/** A call on a sequence; `room` is the number of tokens that still fit. */
export interface AppendCall {
  readonly tokens: readonly number[];
  readonly held: number;
  readonly room: number;
  readonly vocabSize: number;
}

export const start: Operation<StartCall> = {
  name: "start",
  arguments: [
    argument(
      "position",
      ({ position }: StartCall) => position,
      {
        absent: (position) => position === undefined,
        zero: (position) => position === 0,
        last: (position, { context }) => position === context - 1,
        middle: (position, { context }) => position !== undefined && position < context,
      },
      {
        ...notCounts,
        "P or more": (position, { context }) => position !== undefined && position >= context,
      },
    ),
  ],
};

const held = {
  "no token": (count: number) => count === 0,
  tokens: (count: number) => count > 0,
};

const append: Operation<AppendCall>["arguments"] = [
  argument("held", ({ held }: AppendCall) => held, held),
  argument(
    "tokens",
    ({ tokens }: AppendCall) => tokens,
    {
      "to the end of the context": ({ length }, { room }) => length === room,
      one: listLengths.one,
      several: listLengths.several,
    },
    {
      none: listLengths.none,
      "more than fit": ({ length }, { room }) => length > room,
    },
  ),
  argument("ids", ({ tokens }: AppendCall) => tokens, legalIds, illegalIds),
];

export const appendOne: Operation<AppendCall> = { name: "append", arguments: append };

export const appendAll: Operation<AppendCall> = { name: "appendAll", arguments: append };

export const rewind: Operation<{ readonly length: number; readonly held: number }> = {
  name: "rewind",
  arguments: [
    argument(
      "length",
      ({ length }: { readonly length: number; readonly held: number }) => length,
      {
        "all tokens": (length, { held }) => length === held,
        "no token": (length) => length === 0,
        "one token less": (length, { held }) => length === held - 1,
        "several tokens less": () => true,
      },
      { ...notCounts, "more than held": (length, { held }) => length > held },
    ),
  ],
};

export const fork: Operation<{ readonly held: number; readonly room: number }> = {
  name: "fork",
  arguments: [
    argument("held", ({ held }: { readonly held: number; readonly room: number }) => held, {
      "no token": held["no token"],
      "the whole context": (_held, { room }) => room === 0,
      tokens: held.tokens,
    }),
  ],
};
