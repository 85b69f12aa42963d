import fc from "fast-check";
import { Sizes } from "../../arbitraries/sizes.ts";
import { tokensOf } from "../../arbitraries/tokens.ts";
import type { Capability, Decoder, Sequence } from "../../decoder.ts";
import type { Candidate, LogitsSubject } from "../../subjects/subject.ts";
import { expectNextLogits, expectThat } from "./expect.ts";
import { freshLogits } from "./fresh-logits.ts";

/** One call; `which` selects a sequence, modulo their number. */
export type Call =
  | { do: "start" }
  | { do: "append"; which: number; tokens: number[] }
  | { do: "rewind"; which: number; keep: number }
  | { do: "fork"; which: number };

/** A decoder and a history of calls on its sequences. */
export interface HistoryCase {
  candidate: Candidate;
  calls: Call[];
}

/** One sequence, and the tokens that it must hold. */
export interface Held {
  sequence: Sequence;
  tokens: number[];
}

/**
 * Performs a history and compares every append with a new sequence of the same tokens.
 *
 * @param beforeCall called with every sequence before each call
 * @returns true if a call appended after another kind of call
 */
export async function checkHistory(
  { candidate: { decoder }, calls }: HistoryCase,
  subject: LogitsSubject,
  beforeCall?: (sequence: Sequence) => Promise<void>,
): Promise<boolean> {
  const all: Held[] = [{ sequence: await decoder.start(), tokens: [] }];
  let reached = false;
  try {
    for (const [i, call] of calls.entries()) {
      for (const { sequence } of all) await beforeCall?.(sequence);
      const eventful = i > 0 && calls.slice(0, i).some((earlier) => earlier.do !== "append");
      const appended = await perform(decoder, all, call);
      if (appended === null) continue;
      const { held, logits } = appended;
      const expected = await freshLogits(decoder, held.tokens);
      expectNextLogits(`call ${i}`, held.tokens, logits, expected, subject.repeatable);
      reached ||= eventful;
    }
    return reached;
  } finally {
    for (const { sequence } of all) await sequence[Symbol.asyncDispose]();
  }
}

/** Returns the generator of histories of the calls that a decoder offers. */
export function histories(
  offered: ReadonlySet<Capability>,
  sizes = new Sizes(),
): fc.Arbitrary<Call[]> {
  const which = fc.nat({ max: 5 });
  const append = fc.record({
    do: fc.constant("append" as const),
    which,
    tokens: sizes.tokens(1, 4),
  });
  const others: fc.Arbitrary<Call>[] = [fc.constant({ do: "start" })];
  if (offered.has("rewind")) {
    others.push(fc.record({ do: fc.constant("rewind" as const), which, keep: fc.nat() }));
  }
  if (offered.has("fork")) others.push(fc.record({ do: fc.constant("fork" as const), which }));
  return fc.array(fc.oneof(append, append, ...others), { minLength: 1, maxLength: 10 });
}

/** Performs one call on the sequences and their tokens; returns the logits of an append. */
async function perform(decoder: Decoder, all: Held[], call: Call) {
  if (call.do === "start") {
    all.push({ sequence: await decoder.start(), tokens: [] });
    return null;
  }
  const held = all[call.which % all.length];
  const { sequence } = held;
  if (call.do === "append") {
    const room = decoder.config.maxPositionEmbeddings - held.tokens.length;
    const tokens = tokensOf(decoder.config, call.tokens, room);
    if (tokens.length === 0) return null;
    held.tokens = [...held.tokens, ...tokens];
    const logits = await sequence.append(tokens);
    const length = `length is ${sequence.length} with [${held.tokens}] held`;
    expectThat(sequence.length === held.tokens.length, length);
    return { held, logits };
  }
  if (call.do === "rewind") {
    held.tokens = held.tokens.slice(0, call.keep % (held.tokens.length + 1));
    await sequence.rewind(held.tokens.length);
  } else {
    all.push({ sequence: await sequence.fork(), tokens: held.tokens });
  }
  return null;
}
