/** Calls of a whole sampler that must be refused: an illegal option, id or logit. */
import fc from "fast-check";
import { illegalIds, illegalOptions, illegalRows, pick } from "../../arbitraries/illegal.ts";
import type { SamplingOptions } from "../../sampling/sample-token.ts";
import { expectRefused, show } from "./sampler.ts";

type Chain = (row: Float64Array, options: SamplingOptions, history: readonly number[]) => unknown;

/**
 * Expects that a chain refuses legal options with one illegal value, legal logits with an illegal
 * one, and a history with an illegal id.
 */
export function expectChainRefused(
  name: string,
  { row, bad }: { readonly row: Float64Array; readonly bad: number },
  { options, history }: { readonly options: SamplingOptions; readonly history: readonly number[] },
  chain: Chain,
): void {
  const V = row.length;
  const refuse = (logits: Float64Array, given: SamplingOptions, ids: readonly number[]) =>
    expectRefused(`${name} accepted ${show(logits)}, ${fc.stringify(given)}, [${ids}]`, () =>
      chain(logits, given, ids),
    );
  refuse(row, { ...options, ...pick(illegalOptions(V), bad) }, history);
  // An option could drop the illegal logit.
  refuse(pick(illegalRows(row, bad), bad), {}, []);
  // A history is read by penalties and bans only.
  const used = { presencePenalty: 0.5, ...options };
  refuse(row, used, [...history, pick(illegalIds(V), bad)]);
}
