/** Classes of the values of an argument, legal and illegal, and of the calls that have them. */

/** Tests a value; a class may also depend on the rest of the call, such as a vocabulary. */
type Test<Value, Call> = (value: Value, call: Call) => boolean;

/** Classes by name. A value belongs to the first one whose test it passes. */
export type Classes<Value, Call> = Readonly<Record<string, Test<Value, Call>>>;

/** A class of the values of an argument. */
interface CallClass<Call> {
  readonly name: string;
  readonly holds: (call: Call) => boolean;
}

/** The classes of one argument. A call belongs to the first one that holds. */
export interface Argument<Call> {
  readonly name: string;
  readonly legal: readonly CallClass<Call>[];
  /** Classes that every implementation must refuse. They are tested first. */
  readonly illegal: readonly CallClass<Call>[];
}

/** An operation of a decoder, a sampler or a generation, with its arguments. */
export interface Operation<Call> {
  readonly name: string;
  readonly arguments: readonly Argument<Call>[];
}

/** The class of one argument in one call. */
export interface ArgumentClass {
  readonly argument: string;
  /** Null if no class fits. */
  readonly name: string | null;
  readonly isLegal: boolean;
}

/** Returns an argument whose classes test the value that `read` takes from a call. */
export function argument<Value, Call>(
  name: string,
  read: (call: Call) => Value,
  legal: Classes<NoInfer<Value>, NoInfer<Call>>,
  illegal: Classes<NoInfer<Value>, NoInfer<Call>> = {},
): Argument<Call> {
  const onCall = (classes: Classes<Value, Call>) =>
    Object.entries(classes).map(([className, test]) => ({
      name: className,
      holds: (call: Call) => test(read(call), call),
    }));
  return { name, legal: onCall(legal), illegal: onCall(illegal) };
}

/** Returns the class of every argument of a call. */
export function classesOf<Call>(operation: Operation<Call>, call: Call): ArgumentClass[] {
  return operation.arguments.map(({ name, legal, illegal }) => {
    const holds = (one: CallClass<Call>) => one.holds(call);
    const bad = illegal.find(holds);
    if (bad !== undefined) return { argument: name, name: bad.name, isLegal: false };
    return { argument: name, name: legal.find(holds)?.name ?? null, isLegal: true };
  });
}

/** Classes of numbers that no count, length or index can be. */
export const notCounts = {
  "not a number": (value: unknown) => Number.isNaN(value),
  infinite: (value: unknown) => value === Number.POSITIVE_INFINITY,
  negative: (value: unknown) => typeof value === "number" && value < 0,
  fraction: (value: unknown) => typeof value === "number" && !Number.isInteger(value),
} as const;

/** Classes of numbers that are not finite. */
export const notFinite = {
  "not a number": notCounts["not a number"],
  infinite: (value: unknown) => value === Number.POSITIVE_INFINITY || value === -Infinity,
} as const;

/** The classes of lists by their lengths. */
export const listLengths = {
  none: ({ length }: ArrayLike<unknown>) => length === 0,
  one: ({ length }: ArrayLike<unknown>) => length === 1,
  several: ({ length }: ArrayLike<unknown>) => length > 1,
} as const;

type Ids = readonly number[];

/** Classes of lists of token ids with one that is not in [0, V). */
export const illegalIds = {
  "an id that is not a number": (ids: Ids) => ids.some(Number.isNaN),
  "an infinite id": (ids: Ids) => ids.includes(Number.POSITIVE_INFINITY),
  "a negative id": (ids: Ids) => ids.some((id) => id < 0),
  "a fractional id": (ids: Ids) => ids.some((id) => !Number.isInteger(id)),
  "an id of V or more": (ids: Ids, { vocabSize: V }: { readonly vocabSize: number }) =>
    ids.some((id) => id >= V),
} as const;

/** Classes of lists of token ids by the ends of the vocabulary. */
export const legalIds = {
  "first and last id": (ids: Ids, { vocabSize: V }: { readonly vocabSize: number }) =>
    ids.includes(0) && ids.includes(V - 1),
  "first id": (ids: Ids) => ids.includes(0),
  "last id": (ids: Ids, { vocabSize: V }: { readonly vocabSize: number }) => ids.includes(V - 1),
  "other ids": (_ids: Ids) => true,
} as const;
