/** Fixtures before they are written: an engine runs over the tokens, and its values are checked. */
import { forward } from "../definition.ts";
import { encodeSafetensors } from "../formats/safetensors.ts";
import { grouped } from "../io/numbers.ts";
import type { Model } from "../model/model.ts";
import { goldenTolerances } from "../tolerance/arithmetics.ts";
import { largestError } from "../tolerance/compare.ts";
import { rowsOf } from "./check.ts";
import { callOf, choiceDifference } from "./choices.ts";
import type { ChoiceEngine, CompletionEngine, FixedEngine } from "./engine.ts";
import type { ChoiceCase, ChoiceInput, CompletionCase, GoldenCase } from "./format.ts";
import type { GoldenRequest } from "./models.ts";
import { completionTolerance } from "./tolerance.ts";
import type { FixtureDraft, Provenance } from "./write.ts";

/** The part of a manifest that is known before anything is recorded. */
export type Origin = Pick<Provenance, "by" | "versions" | "command">;

type Tokens = readonly number[];
type Rows = readonly ArrayLike<number>[];

/** The most logits that a fixture holds: about 20 bytes each in `logits.json`. */
const MOST_LOGITS = 2_000_000;

/** The most bytes of weights that a fixture holds. */
const MOST_WEIGHT_BYTES = 100_000_000;

export interface DraftOptions {
  /** Name of the fixture's folder. */
  readonly name: string;
  readonly origin: Origin;
  /** Returns the tolerance of the manifest from the recorded logits. */
  readonly tolerance: (cases: readonly GoldenCase[]) => number;
  /** True if the engine is known to differ from the definition; else a difference is a problem. */
  readonly mayDiffer?: boolean;
}

/** Records the definition itself on a model. */
export async function draftDefinition(
  request: GoldenRequest,
  options: DraftOptions,
): Promise<FixtureDraft> {
  const { model, type, cases: prompts } = request;
  const weightsFile = encodeSafetensors(model.weights.tensors, type);
  const cases = prompts.map((tokens) => ({ tokens, logits: definitionRows(model, tokens) }));
  const manifest = { ...options.origin, tolerance: options.tolerance(cases) };
  const problem = null;
  return { kind: "model", name: options.name, model, weightsFile, manifest, cases, problem };
}

/**
 * Records an engine on a model that the fixture will hold.
 *
 * @param rows computes the logits after each token
 * @throws {RangeError} if the fixture would be too large, or the logits are not repeatable
 */
export async function draftModel(
  request: GoldenRequest & { readonly weightsFile?: Uint8Array },
  rows: (tokens: Tokens) => Promise<Rows>,
  options: DraftOptions,
): Promise<FixtureDraft> {
  const { name } = options;
  const { model, type, weightsFile = encodeSafetensors(model.weights.tensors, type) } = request;
  if (weightsFile.length > MOST_WEIGHT_BYTES) {
    const must = `a fixture must hold at most ${grouped(MOST_WEIGHT_BYTES)} bytes of weights`;
    const fix = "record an engine that holds its model: defineSubject({ fixed: ... })";
    throw new RangeError(`golden: ${name}: ${must}, got ${grouped(weightsFile.length)}; ${fix}`);
  }
  const recorded = await recordLogits(model.config.vocabSize, request.cases, rows, model, options);
  return { kind: "model", name, model, weightsFile, ...recorded };
}

/** Records an engine that holds one model: the fixture holds its configuration and no weights. */
export async function draftEngine(
  { decoder, model }: FixedEngine,
  prompts: readonly Tokens[],
  options: DraftOptions,
): Promise<FixtureDraft> {
  const { config } = decoder;
  const rows = (tokens: Tokens) => rowsOf(decoder, tokens);
  const recorded = await recordLogits(config.vocabSize, prompts, rows, model, options);
  return { kind: "engine", name: options.name, config, ...recorded };
}

/** Records a server: the most probable tokens at each step of greedy completions. */
export async function draftCompletions(
  { complete, subject, vocabSize }: CompletionEngine,
  prompts: readonly Pick<CompletionCase, "tokens" | "maxNewTokens">[],
  topLogProbs: number,
  { name, origin }: Pick<DraftOptions, "name" | "origin">,
): Promise<FixtureDraft> {
  const cases: CompletionCase[] = [];
  for (const { tokens, maxNewTokens } of prompts) {
    const { newTokens, top } = await complete(tokens, { maxNewTokens, topLogProbs });
    cases.push({ tokens, maxNewTokens, newTokens, top });
  }
  const manifest = { ...origin, tolerance: completionTolerance(subject) };
  return { kind: "completions", name, vocabSize, topLogProbs, manifest, cases, problem: null };
}

/**
 * Records a sampler: the results of its functions.
 *
 * @param inputs those of a function that it does not offer are left out
 * @throws {RangeError} if a result is not the same in every run
 */
export async function draftChoices(
  { subject }: ChoiceEngine,
  inputs: readonly ChoiceInput[],
  { name, origin }: Pick<DraftOptions, "name" | "origin">,
): Promise<FixtureDraft> {
  const tolerance = goldenTolerances.independentFloat64;
  const cases: ChoiceCase[] = [];
  for (const { function: called, rows, options, history, seed } of inputs) {
    const input = { function: called, rows, options, history, seed };
    const result = await callOf(subject, input);
    if (result === null) continue;
    const recorded = { ...input, result };
    const { first } = choiceDifference(await callOf(subject, input), recorded, tolerance);
    if (first !== null) {
      const must = `the result of ${called} must be the same in every run`;
      throw new RangeError(`golden: ${name}: ${must}, got ${first.old} and ${first.new}`);
    }
    cases.push(recorded);
  }
  return { kind: "choice", name, manifest: { ...origin, tolerance }, cases, problem: null };
}

/** Runs the engine over every prompt twice, and compares the logits with the definition's. */
async function recordLogits(
  vocabSize: number,
  prompts: readonly Tokens[],
  rows: (tokens: Tokens) => Promise<Rows>,
  model: Model | null,
  { name, origin, tolerance: toleranceOf, mayDiffer = false }: DraftOptions,
) {
  const count = prompts.reduce((sum, tokens) => sum + tokens.length, 0) * vocabSize;
  if (count > MOST_LOGITS) {
    const must = `a fixture must hold at most ${grouped(MOST_LOGITS)} logits`;
    throw new RangeError(`golden: ${name}: ${must}, got ${grouped(count)}; give fewer --tokens`);
  }
  const cases: GoldenCase[] = [];
  for (const tokens of prompts) {
    cases.push({ tokens, logits: (await rows(tokens)).map((row) => Array.from(row)) });
  }
  const tolerance = toleranceOf(cases);
  for (const { tokens, logits } of cases) {
    const apart = largestError(await rows(tokens), logits);
    if (apart <= tolerance) continue;
    const must = `the logits after [${tokens}] must be the same in every run`;
    throw new RangeError(
      `golden: ${name}: ${must}, got ${apart} between two, ${tolerance} allowed`,
    );
  }
  if (model === null) return { manifest: { ...origin, tolerance }, cases, problem: null };
  const errors = cases.map(({ tokens, logits }) =>
    largestError(logits, definitionRows(model, tokens)),
  );
  const largestDifference = errors.reduce((most, error) => Math.max(most, error), 0);
  const manifest = { ...origin, tolerance, largestDifference };
  if (mayDiffer || largestDifference <= tolerance) return { manifest, cases, problem: null };
  const must = `${name}: the logits must be within ${tolerance} of the definition`;
  const fix = "see causalgate verify; a difference on purpose belongs in knownFailures";
  return { manifest, cases, problem: `${must}, got ${largestDifference}; ${fix}` };
}

function definitionRows({ config, weights }: Model, tokens: Tokens): number[][] {
  return forward(config, weights, tokens);
}
