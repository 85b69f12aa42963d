/** The messages of a child process that runs laws, and their check: an engine could forge them. */
import * as v from "valibot";
import { dimensions } from "../arbitraries/dimensions.ts";
import { lawById, laws } from "../laws/index.ts";
import { type LawVerdict, lawStatuses } from "./run-law.ts";
import { toleranceSources } from "./tolerance-share.ts";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const text = v.string();
const orNull = v.nullable(text);
const id = v.picklist(laws.map((law) => law.id));
/** JSON has no infinite numbers: written as a text. */
const number = v.pipe(v.string(), v.transform(Number));

const verdictSchema = v.strictObject({
  law: v.pipe(id, v.transform(lawById)),
  subject: text,
  origin: text,
  status: v.picklist(lawStatuses),
  reason: orNull,
  seed: v.pipe(v.number(), v.safeInteger()),
  cases: count,
  reached: count,
  timeMs: v.pipe(v.number(), v.finite(), v.minValue(0)),
  worst: v.nullable(v.strictObject({ error: number, allowed: number })),
  toleranceShare: v.nullable(number),
  tolerance: v.nullable(v.picklist(toleranceSources)),
  large: v.array(v.strictObject({ dimension: v.picklist(dimensions), cases: count })),
  failure: v.nullable(
    v.strictObject({
      message: text,
      smallest: orNull,
      shrinks: count,
      path: text,
      size: v.nullable(v.strictObject({ dimension: v.picklist(dimensions), size: count })),
      largestError: v.nullable(number),
      where: orNull,
      stack: orNull,
    }),
  ),
  missing: v.array(text),
});

/** A verdict as text for numbers that JSON lacks. */
type SentVerdict = v.InferInput<typeof verdictSchema>;

/** Number of cases completed since the last message, for the progress. */
const steps = count;

const messageSchema = v.variant("type", [
  v.strictObject({
    type: v.literal("subject"),
    name: text,
    /** The options that name it on a command line. */
    origin: text,
    engine: v.strictObject({ engine: text, version: orNull, arithmetic: text }),
    /** The needs of each law that the subject does not offer. */
    missing: v.array(v.strictObject({ law: id, needs: v.array(text) })),
  }),
  v.strictObject({ type: v.literal("law"), law: id }),
  v.strictObject({
    type: v.literal("case"),
    role: v.picklist(["case", "shrink", "canary"]),
    seed: v.pipe(v.number(), v.safeInteger()),
    path: text,
    steps,
  }),
  /** Its event loop turns. */
  v.strictObject({ type: v.literal("alive") }),
  v.strictObject({ type: v.literal("verdict"), verdict: verdictSchema, steps }),
  v.strictObject({ type: v.literal("replayed"), verdict: v.nullable(verdictSchema) }),
  /** More memory than allowed; it ends. */
  v.strictObject({ type: v.literal("memory"), bytes: count }),
  /** An error that no law could catch; it ends. */
  v.strictObject({ type: v.literal("fault"), message: text }),
  /** The engine cannot be tested; it ends. */
  v.strictObject({ type: v.literal("refused"), message: text }),
  v.strictObject({ type: v.literal("done") }),
]);

/** A message as it is sent. */
export type SentMessage = v.InferInput<typeof messageSchema>;

/** A message as it is received. */
export type Message = v.InferOutput<typeof messageSchema>;

/** A message of one type. */
export type MessageOf<Type extends Message["type"]> = Extract<Message, { type: Type }>;

/** Returns the message of a line; null if it is none. */
export function messageOf(line: string): Message | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  const { success, output } = v.safeParse(messageSchema, value);
  return success ? output : null;
}

/** Returns a verdict as it is sent. */
export function sentVerdict(verdict: LawVerdict): SentVerdict {
  const { law, worst, failure, toleranceShare, ...rest } = verdict;
  const { error, allowed } = worst ?? {};
  return {
    ...rest,
    law: law.id,
    large: [...rest.large],
    missing: [...rest.missing],
    toleranceShare: textOf(toleranceShare),
    worst: worst && { error: String(error), allowed: String(allowed) },
    failure: failure && { ...failure, largestError: textOf(failure.largestError) },
  };
}

const textOf = (value: number | null) => (value === null ? null : String(value));
