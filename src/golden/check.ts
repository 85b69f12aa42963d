/** Comparison of a decoder with recorded logits. */
import type { Decoder } from "../decoder.ts";
import { firstDifference, type LogitDifference, largestError } from "../tolerance/compare.ts";
import type { Fixture } from "./format.ts";

/** The result of running one decoder over the tokens of one fixture. */
export interface GoldenVerdict {
  readonly fixture: string;
  /** Number of rows of logits compared. */
  readonly rows: number;
  readonly largestError: number;
  readonly tolerance: number;
  /** The first logit outside the tolerance, with the tokens of its case. */
  readonly difference: (LogitDifference & { readonly tokens: readonly number[] }) | null;
}

/** Runs a decoder of the fixture's model over its tokens, and compares every logit. */
export async function checkGolden(fixture: Fixture, decoder: Decoder): Promise<GoldenVerdict> {
  const tolerance = { absolute: fixture.manifest.tolerance, relative: 0 };
  let largest = 0;
  let difference: GoldenVerdict["difference"] = null;
  for (const { tokens, logits } of fixture.cases) {
    await using sequence = await decoder.start();
    const actual = await sequence.appendAll(tokens);
    largest = Math.max(largest, largestError(actual, logits));
    if (difference !== null) continue;
    const first: LogitDifference | null = firstDifference(actual, logits, tolerance);
    if (first !== null) difference = { ...first, tokens };
  }
  return {
    fixture: fixture.name,
    rows: fixture.cases.reduce((sum, { tokens }) => sum + tokens.length, 0),
    largestError: largest,
    tolerance: fixture.manifest.tolerance,
    difference,
  };
}
