import type { Sizes } from "../../arbitraries/sizes.ts";
import type { Completed, CompleteOptions, TokenLogProb } from "../../generation/complete.ts";
import type { Completer, CompletionsSubject } from "../../subjects/subject.ts";
import type { Tolerance } from "../../tolerance/compare.ts";
import { logProbAllowance } from "../../tolerance/derived.ts";
import { reportComparison } from "../../tolerance/observe.ts";
import { expectThat } from "./expect.ts";

/** Below this log-probability a probability is 0 in float32, and servers write various numbers. */
export const underflow = -80;

/** A prompt, and the number of listed tokens to request. */
export interface PromptCase {
  candidate: Completer;
  prompt: number[];
  count: number;
}

/** Returns the fields of a {@link PromptCase} as arbitraries. */
export const promptCase = (subject: CompletionsSubject, sizes: Sizes) => ({
  candidate: subject.candidates,
  prompt: sizes.tokens(1, 6),
  count: sizes.integers("top-log-probs", { min: 1, max: 5 }),
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
  expectThat(fits, `${what} has ${newTokens.length} of ${options.maxNewTokens} tokens`);
  const lists = `${what} has ${newTokens.length} tokens and ${top.length} lists`;
  expectThat(top.length === newTokens.length, lists);
  return completed;
}

export const showTop = (top: readonly TokenLogProb[]) =>
  `[${top.map(({ token, logProb }) => `${token}: ${Number(logProb.toPrecision(6))}`).join(", ")}]`;

/** Returns the allowed error of a log-probability: that of its logit and of the sum together. */
export function allowed(tolerance: Tolerance): number {
  return logProbAllowance([1], tolerance);
}

/**
 * Expects two equal lists of the most probable tokens. If the arithmetic is not repeatable bit for
 * bit, tokens with the same log-probability within its tolerance may be in any order, and the last
 * of them on either list.
 */
export function expectSameTop(
  what: string,
  actual: readonly TokenLogProb[],
  expected: readonly TokenLogProb[],
  tolerance: Tolerance,
): void {
  const message = `${what}: ${showTop(actual)}, but should be ${showTop(expected)}`;
  expectThat(actual.length === expected.length, message);
  const ours = new Map(actual.map(({ token, logProb }) => [token, logProb]));
  const last = actual.at(-1)?.logProb ?? 0;
  const most = allowed(tolerance);
  for (const { token, logProb } of expected) {
    const found = ours.get(token) ?? last;
    const error = Math.abs(found - logProb);
    const bothNone = found < underflow && logProb < underflow;
    if (tolerance !== "bitwise" && !bothNone) reportComparison({ error, allowed: most });
    const same = tolerance === "bitwise" ? ours.get(token) === logProb : error <= most;
    expectThat(same || bothNone, message);
  }
}
