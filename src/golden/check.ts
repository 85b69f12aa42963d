/** Comparison of an engine with recorded fixtures. */
import { type Decoder, NotOffered } from "../decoder.ts";
import type { Completed, CompleteOptions } from "../generation/complete.ts";
import type { ChoiceSubject } from "../subjects/subject.ts";
import { describeDifference, firstDifference, largestError } from "../tolerance/compare.ts";
import { callOf, choiceDifference, offeredFunctions } from "./choices.ts";
import { completionDifference } from "./completions.ts";
import {
  type ChoiceFixture,
  type CompletionFixture,
  type EngineFixture,
  type Fixture,
  type ModelFixture,
  rowCountOf,
} from "./format.ts";

/** The result of comparing one engine with one fixture. */
export interface GoldenVerdict {
  readonly fixture: string;
  /** Number of rows compared. */
  readonly rows: number;
  /** Largest absolute difference of any value. */
  readonly largestError: number;
  /** Largest difference allowed. */
  readonly tolerance: number;
  /** The first difference outside the tolerance, as a sentence; null if there is none. */
  readonly difference: string | null;
}

/**
 * Returns the logits after each token: in one call if the decoder offers `all-rows`, else token by
 * token.
 */
export async function rowsOf(
  decoder: Decoder,
  tokens: readonly number[],
): Promise<ArrayLike<number>[]> {
  await using sequence = await decoder.start();
  if (decoder.capabilities.has("all-rows")) return sequence.appendAll(tokens);
  const rows: ArrayLike<number>[] = [];
  // A copy: an engine may return the same memory at every call.
  for (const token of tokens) rows.push([...(await sequence.append([token]))]);
  return rows;
}

/**
 * Runs a decoder over the tokens of a fixture, and compares every logit.
 *
 * @param decoder computes the fixture's model
 * @param tolerance by default the fixture's own
 */
export async function checkGolden(
  fixture: ModelFixture | EngineFixture,
  decoder: Decoder,
  tolerance = fixture.manifest.tolerance,
): Promise<GoldenVerdict> {
  let largest = 0;
  let difference: string | null = null;
  for (const { tokens, logits } of fixture.cases) {
    const actual = await rowsOf(decoder, tokens);
    largest = Math.max(largest, largestError(actual, logits));
    if (difference !== null) continue;
    const first = firstDifference(actual, logits, { absolute: tolerance, relative: 0 });
    if (first !== null) difference = describeDifference(first, `after [${tokens}]`);
  }
  return verdictOf(fixture, largest, tolerance, difference);
}

/** Completes the prompts of a fixture, and compares tokens and log-probabilities. */
export async function checkCompletions(
  fixture: CompletionFixture,
  complete: (prompt: readonly number[], options: CompleteOptions) => Promise<Completed>,
): Promise<GoldenVerdict> {
  const { tolerance } = fixture.manifest;
  let largest = 0;
  let difference: string | null = null;
  for (const recorded of fixture.cases) {
    const { tokens, maxNewTokens } = recorded;
    const actual = await complete(tokens, { maxNewTokens, topLogProbs: fixture.topLogProbs });
    const { first, largestError } = completionDifference(actual, recorded, tolerance);
    largest = Math.max(largest, largestError);
    if (first === null || difference !== null) continue;
    const which = first.token === null ? "" : `: the log-probability of token ${first.token}`;
    const where = `after [${tokens}], new token ${first.position}${which}`;
    difference = `${where} is ${first.new}, but should be ${first.old}: ${tolerance} allowed`;
  }
  return verdictOf(fixture, largest, tolerance, difference);
}

/**
 * Calls the functions of a fixture that a subject offers, and compares their results.
 *
 * @throws {NotOffered} if it offers none, and did not record the fixture
 */
export async function checkChoices(
  fixture: ChoiceFixture,
  subject: ChoiceSubject,
): Promise<GoldenVerdict> {
  const { tolerance, by } = fixture.manifest;
  const offered = offeredFunctions(subject);
  // A function that is gone is a difference from the subject's own recording.
  const cases = fixture.cases.filter(
    (one) => by === subject.name || offered.includes(one.function),
  );
  if (cases.length === 0) {
    const functions = [...new Set(fixture.cases.map((one) => one.function))].join(", ");
    throw new NotOffered(`${subject.name} offers none of the recorded functions: ${functions}`);
  }
  let largest = 0;
  let difference: string | null = null;
  for (const recorded of cases) {
    const actual = await callOf(subject, recorded);
    const { first, largestError } = choiceDifference(actual, recorded, tolerance);
    largest = Math.max(largest, largestError);
    if (first === null || difference !== null) continue;
    const which = first.index === null ? "the result" : `number ${first.index} of the result`;
    const call = `${recorded.function} with ${JSON.stringify(recorded.options)}`;
    const where = `case ${fixture.cases.indexOf(recorded) + 1}, ${call}: ${which}`;
    difference = `${where} is ${first.new}, but should be ${first.old}: ${tolerance} allowed`;
  }
  return { ...verdictOf(fixture, largest, tolerance, difference), rows: cases.length };
}

function verdictOf(
  fixture: Fixture,
  largestError: number,
  tolerance: number,
  difference: string | null,
): GoldenVerdict {
  return { fixture: fixture.name, rows: rowCountOf(fixture), largestError, tolerance, difference };
}
