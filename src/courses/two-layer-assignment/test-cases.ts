/**
 * Test cases of the assignment: one sequence of token ids, and the expected logits after each. The
 * assignment reads its cases from files that are not public, so here the definition computes them.
 */

import type { Decoder } from "../../decoder.ts";
import { forward } from "../../definition.ts";
import type { GoldenCase } from "../../golden/format.ts";
import type { Logits } from "../../math/logits.ts";
import { seededRandom } from "../../math/random.ts";
import type { Model } from "../../model/model.ts";
import { goldenTolerances } from "../../tolerance/arithmetics.ts";
import {
  describeDifference,
  firstDifference,
  largestError,
  type Tolerance,
} from "../../tolerance/compare.ts";

/** Maximum error of a float64 decoder's logits; the assignment allows 0.01. */
const testCaseTolerance: Tolerance = { absolute: goldenTolerances.definition, relative: 0 };

/** Returns `count` sequences of seeded ids, with the definition's logits after each token. */
export function makeTestCases(
  { config, weights }: Pick<Model, "config" | "weights">,
  seed: number,
  { count, length }: { readonly count: number; readonly length: number },
): GoldenCase[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const tokens = Array.from({ length }, () => Math.floor(random() * config.vocabSize));
    return { tokens, logits: forward(config, weights, tokens) };
  });
}

/** A way to run tokens through a decoder; returns the logits after each token, `[T][V]`. */
type Way = (decoder: Decoder, tokens: readonly number[]) => Promise<Logits[]>;

/**
 * The assignment's three ways. Without a cache every position is a new sequence, run from the
 * start; with a cache, the second half of the tokens is appended to the first in one call.
 */
export const ways = {
  "no cache": async (decoder, tokens) => {
    const rows: Logits[] = [];
    for (let length = 1; length <= tokens.length; length++) {
      await using sequence = await decoder.start();
      rows.push(await sequence.append(tokens.slice(0, length)));
    }
    return rows;
  },
  "with cache": async (decoder, tokens) => {
    const half = Math.ceil(tokens.length / 2);
    await using sequence = await decoder.start();
    const first = await sequence.appendAll(tokens.slice(0, half));
    return [...first, ...(await sequence.appendAll(tokens.slice(half)))];
  },
  "token by token": async (decoder, tokens) => {
    const rows: Logits[] = [];
    await using sequence = await decoder.start();
    for (const token of tokens) rows.push(await sequence.append([token]));
    return rows;
  },
} as const satisfies Record<string, Way>;

export type WayName = keyof typeof ways;

export interface WayVerdict {
  readonly way: WayName;
  /** Cases with correct logits. */
  readonly passed: ReadonlySet<GoldenCase>;
  /** Largest error over all cases. */
  readonly largestError: number;
  /** The first wrong logit; null if every case passed. */
  readonly problem: string | null;
}

/**
 * Runs every case in the given ways. A case passes if its logits are the definition's within
 * {@link testCaseTolerance}, and bit for bit those of the first way.
 */
export async function runTestCases(
  decoder: Decoder,
  cases: readonly GoldenCase[],
  names: readonly WayName[],
): Promise<WayVerdict[]> {
  const first = await Promise.all(cases.map(({ tokens }) => ways[names[0]](decoder, tokens)));
  return Promise.all(names.map((name) => runWay(decoder, cases, name, first)));
}

async function runWay(
  decoder: Decoder,
  cases: readonly GoldenCase[],
  way: WayName,
  first: readonly (readonly Logits[])[],
): Promise<WayVerdict> {
  const passed = new Set<GoldenCase>();
  let largest = 0;
  let problem: string | null = null;
  for (const [i, golden] of cases.entries()) {
    const rows = await ways[way](decoder, golden.tokens);
    largest = Math.max(largest, largestError(rows, golden.logits));
    const wrong =
      firstDifference(rows, golden.logits, testCaseTolerance) ??
      firstDifference(rows, first[i], "bitwise");
    if (wrong === null) passed.add(golden);
    else problem ??= describeDifference(wrong, `case ${i}`);
  }
  return { way, passed, largestError: largest, problem };
}
