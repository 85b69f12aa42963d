import fc from "fast-check";
import { rawTokens } from "../../arbitraries/tokens.ts";
import type { Completed, CompleteOptions, TokenLogProb } from "../../generation/complete.ts";
import type { Completer, CompletionsSubject } from "../../subjects/subject.ts";
import type { Tolerance } from "../../tolerance/compare.ts";
import { logProbAllowance } from "../../tolerance/derived.ts";
import { reportComparison } from "../../tolerance/observe.ts";
import { expect } from "./expect.ts";

/** Below it a probability is 0 in float32, and servers write what they like. */
export const lowest = -80;

export interface PromptCase {
  candidate: Completer;
  prompt: number[];
  count: number;
}

export const prompts = (subject: CompletionsSubject) => ({
  candidate: subject.candidates,
  prompt: rawTokens(1, 6),
  count: fc.integer({ min: 1, max: 5 }),
});

/** Returns a completion, whose text must have one list of tokens for each of its tokens. */
export async function ask(
  { complete }: Completer,
  prompt: readonly number[],
  options: CompleteOptions,
): Promise<Completed> {
  const completed = await complete(prompt, options);
  const { newTokens, top } = completed;
  const what = `the text after [${prompt}]`;
  const fits = newTokens.length > 0 && newTokens.length <= options.maxNewTokens;
  expect(fits, `${what} has ${newTokens.length} of ${options.maxNewTokens} tokens`);
  const lists = `${what} has ${newTokens.length} tokens and ${top.length} lists`;
  expect(top.length === newTokens.length, lists);
  return completed;
}

export const showTop = (top: readonly TokenLogProb[]) =>
  `[${top.map(({ token, logProb }) => `${token}: ${Number(logProb.toPrecision(6))}`).join(", ")}]`;

/** How far a log-probability may be off: its logit and the logarithm of the sum both may. */
export function allowed(tolerance: Tolerance): number {
  return logProbAllowance([1], tolerance);
}

/**
 * Two lists of the most probable tokens have to be the same. Where the arithmetic is not repeatable
 * bit for bit, tokens whose log-probabilities it cannot tell apart may stand in any order, and the
 * last of them on either list.
 */
export function expectSameTop(
  what: string,
  actual: readonly TokenLogProb[],
  expected: readonly TokenLogProb[],
  tolerance: Tolerance,
): void {
  const message = `${what}: ${showTop(actual)}, but should be ${showTop(expected)}`;
  expect(actual.length === expected.length, message);
  const ours = new Map(actual.map(({ token, logProb }) => [token, logProb]));
  const last = actual.at(-1)?.logProb ?? 0;
  const most = allowed(tolerance);
  for (const { token, logProb } of expected) {
    const found = ours.get(token) ?? last;
    const error = Math.abs(found - logProb);
    const bothNone = found < lowest && logProb < lowest;
    if (tolerance !== "bitwise" && !bothNone) reportComparison({ error, allowed: most });
    const same = tolerance === "bitwise" ? ours.get(token) === logProb : error <= most;
    expect(same || bothNone, message);
  }
}
