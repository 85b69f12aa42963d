import { grouped } from "../io/numbers.ts";

/** Token-steps of a generation, without a cache and with one. */
export interface TokenStepTotals {
  readonly naive: bigint | number;
  readonly cached: bigint | number;
}

/**
 * Returns the two sentences that explain why generation without a cache costs more: the formulas
 * for n tokens after a prompt of P, with their values if `totals` are given.
 */
export function tokenStepsReason(totals?: TokenStepTotals): [naive: string, cached: string] {
  const value = (total?: bigint | number) => (total === undefined ? "" : ` = ${grouped(total)}`);
  return [
    `Without a cache every new token runs all tokens before it again: nP + n(n - 1)/2${value(totals?.naive)} token-steps.`,
    `With a cache each token runs once: P + n - 1${value(totals?.cached)} token-steps.`,
  ];
}

/** Returns, for example, `85 token-steps without a cache, 13 with it`. */
export function tokenStepsText({ naive, cached }: TokenStepTotals): string {
  return `${grouped(naive)} token-steps without a cache, ${grouped(cached)} with it`;
}
