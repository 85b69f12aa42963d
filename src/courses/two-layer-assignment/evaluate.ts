/** The modes `evaluate` and `kv_evaluate`: test cases with and without a cache. */

import type { GoldenCase } from "../../golden/format.ts";
import type { NamedModel } from "../../model/named/named-model.ts";
import { randomWeights } from "../../model/weights.ts";
import { referenceDecoder } from "../../reference/reference-decoder.ts";
import { makeTestCases, runTestCases, type WayName, type WayVerdict } from "./test-cases.ts";

/** The ways in which each mode runs the test cases. */
export const evaluationModes = {
  evaluate: ["no cache"],
  kv_evaluate: ["no cache", "with cache", "token by token"],
} as const satisfies Record<string, readonly WayName[]>;

export interface TestCaseEvaluation {
  readonly cases: readonly GoldenCase[];
  readonly verdicts: readonly WayVerdict[];
  /** Cases that pass in every way. */
  readonly passed: readonly GoldenCase[];
}

/** Runs ten test cases of eleven tokens on the reference decoder, with seeded random weights. */
export async function evaluate(
  { config }: Pick<NamedModel, "config">,
  seed: number,
  ways: readonly WayName[],
): Promise<TestCaseEvaluation> {
  const weights = randomWeights(config, seed);
  const cases = makeTestCases({ config, weights }, seed, { count: 10, length: 11 });
  const verdicts = await runTestCases(referenceDecoder(config, weights), cases, ways);
  const passed = cases.filter((one) => verdicts.every((verdict) => verdict.passed.has(one)));
  return { cases, verdicts, passed };
}

/** The result as data: the counts, then the largest error of each way. */
export function evaluationJson({ cases, verdicts, passed }: TestCaseEvaluation) {
  return {
    cases: cases.length,
    passed: passed.length,
    ways: verdicts.map(({ way, largestError, problem }) => {
      return { way, largest_error: largestError, problem };
    }),
  };
}

/** The result in the assignment's own format, then the largest error of each way. */
export function evaluationText({ cases, verdicts, passed }: TestCaseEvaluation): string {
  const rate = ((100 * passed.length) / cases.length).toFixed(2);
  const [first] = verdicts;
  const ways = verdicts.map(({ way, largestError, problem }) => {
    const error = `largest error ${largestError.toExponential(1)}`;
    if (problem !== null) return `  ${way}: ${error}; BROKEN ${problem}`;
    return `  ${way}: ${error}${way === first.way ? "" : `, bit for bit as ${first.way}`}`;
  });
  return [
    "golden logits from the definition, within 1e-10; the assignment allows 1e-2",
    "Evaluation Results:",
    `  Num test cases: ${cases.length}`,
    `  All tests passed: ${passed.length === cases.length ? "True" : "False"}`,
    `  Pass rate: ${rate}% (${passed.length}/${cases.length})`,
    ...ways,
  ].join("\n");
}
