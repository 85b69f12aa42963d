/** Comparison of two completions of one prompt. */
import type { Completed, TokenLogProb } from "../generation/complete.ts";

/** The first place where two completions differ. */
export interface CompletionPlace {
  /** Index of the new token, from 0. */
  readonly position: number;
  /** The token of the list whose log-probability differs; null if the new tokens differ. */
  readonly token: number | null;
  readonly old: string;
  readonly new: string;
}

export interface CompletionComparison {
  /** The first difference that exceeds the tolerance. */
  readonly first: CompletionPlace | null;
  /** Largest difference of any two log-probabilities of one token. */
  readonly largestError: number;
}

/**
 * Compares a completion with a recorded one. Tokens whose log-probabilities differ by no more than
 * the tolerance may be exchanged; the texts then have different prefixes, and nothing after that is
 * compared.
 */
export function completionDifference(
  actual: Completed,
  recorded: Completed,
  tolerance: number,
): CompletionComparison {
  let largest = 0;
  for (const [position, list] of recorded.top.entries()) {
    const other = actual.top.at(position);
    if (other === undefined) {
      const count = { old: `${recorded.top.length} tokens`, new: `${actual.top.length} tokens` };
      return { first: { position, token: null, ...count }, largestError: largest };
    }
    for (const { token, logProb } of list) {
      const found = other.find((one) => one.token === token) ?? other.at(-1);
      const error = Math.abs((found?.logProb ?? Number.NaN) - logProb);
      if (!Number.isNaN(error)) largest = Math.max(largest, error);
      // Written so that NaN is never within a tolerance.
      if (error <= tolerance) continue;
      const values = { old: String(logProb), new: textOf(found, token) };
      return { first: { position, token, ...values }, largestError: largest };
    }
    const [was, is] = [recorded.newTokens[position], actual.newTokens[position]];
    if (was === is) continue;
    const isTie = list.some(({ token }) => token === is) && isNearest(list, is, tolerance);
    const tokens = { old: `token ${was}`, new: `token ${is}` };
    const first = isTie ? null : { position, token: null, ...tokens };
    return { first, largestError: largest };
  }
  const extra = actual.newTokens.length - recorded.newTokens.length;
  if (extra === 0) return { first: null, largestError: largest };
  const position = recorded.newTokens.length;
  const count = { old: `${position} tokens`, new: `${actual.newTokens.length} tokens` };
  return { first: { position, token: null, ...count }, largestError: largest };
}

/** Returns true if the token is as probable as the most probable one, within the tolerance. */
function isNearest(list: readonly TokenLogProb[], token: number, tolerance: number): boolean {
  const most = Math.max(...list.map(({ logProb }) => logProb));
  const own = list.find((one) => one.token === token)?.logProb ?? Number.NEGATIVE_INFINITY;
  return most - own <= 2 * tolerance;
}

function textOf(found: TokenLogProb | undefined, token: number): string {
  if (found === undefined) return "no list";
  return found.token === token ? String(found.logProb) : `not listed (last ${found.logProb})`;
}
