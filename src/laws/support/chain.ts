import fc from "fast-check";
import { logitRows, sizedLogits } from "../../arbitraries/logits.ts";
import { coldest, optionsOf, samplingOptions } from "../../arbitraries/sampling-options.ts";
import type { Sizes } from "../../arbitraries/sizes.ts";
import type { SamplingOptions } from "../../sampling/sample-token.ts";
import type { Sampler } from "../../sampling/sampler.ts";
import type { ChoiceSubject } from "../../subjects/subject.ts";

export interface ChainCase {
  row: Float64Array;
  options: SamplingOptions;
  history: number[];
}

export const chainCases = (_subject: ChoiceSubject, sizes: Sizes) =>
  fc.record({
    row: chainRows(sizes),
    options: samplingOptions(sizes),
    history: sizes.tokens(0, 6),
  });

/** Rows of at least four logits, and few of one. */
function chainRows(sizes: Sizes): fc.Arbitrary<Float64Array> {
  const rows = sizedLogits(sizes, { min: 4, max: 12 });
  if (sizes.large !== null) return rows;
  return fc.oneof({ weight: 15, arbitrary: rows }, { weight: 1, arbitrary: logitRows(1) });
}

/**
 * Returns the case over the vocabulary of its row; null if a ban could leave no token, of the row
 * or of those that the stages before it leave.
 */
export function foldedChain(
  { row, options: raw, history: rawHistory }: ChainCase,
  sampler: Sampler,
) {
  const V = row.length;
  const folded = optionsOf(V, raw);
  // With one token, every ban would leave none.
  const isBanned = V === 1 && folded.bannedSequences !== undefined;
  const options: SamplingOptions = isBanned ? { ...folded, bannedSequences: [] } : folded;
  const history = rawHistory.map((id) => id % V);
  const last = (options.bannedSequences ?? []).map((ids) => ids[ids.length - 1]);
  const isEmpty = (left: Float64Array) =>
    left.every((logit, id) => !Number.isFinite(logit) || last.includes(id));
  if (isEmpty(row)) return null;
  if (last.length > 0 && isEmpty(beforeBans(row, options, history, sampler))) return null;
  return { options, history };
}

/** Returns the row that the bans read, after the stages that the sampler declares before them. */
function beforeBans(
  row: Float64Array,
  options: SamplingOptions,
  history: readonly number[],
  sampler: Sampler,
): Float64Array {
  // A sampler that offers no part but its distribution may lack the declaration.
  const { order = [] }: Partial<Sampler["conventions"]> = sampler.conventions ?? {};
  const stages = stagesOf(sampler, options, history);
  const earlier = order.slice(0, Math.max(0, order.indexOf("bannedSequences")));
  return earlier.reduce<Float64Array>((left, name) => stages[name](left), row);
}

export type SamplerStage = (row: Float64Array) => Float64Array;

/** Returns every stage of a chain, from the functions that the sampler offers. */
export function stagesOf(
  sampler: Sampler,
  options: SamplingOptions,
  history: readonly number[],
): Record<keyof SamplingOptions, SamplerStage> {
  return {
    repetitionPenalty: (row) =>
      sampler.repetitionPenalty(row, history, options.repetitionPenalty ?? 1),
    frequencyPenalty: (row) =>
      sampler.frequencyPenalty(row, history, options.frequencyPenalty ?? 0),
    presencePenalty: (row) => sampler.presencePenalty(row, history, options.presencePenalty ?? 0),
    bannedSequences: (row) => sampler.ban(row, history, options.bannedSequences ?? []),
    temperature: (row) =>
      isColdest(options)
        ? onlyLargest(row)
        : sampler.temperatureScale(row, options.temperature ?? 1),
    topK: (row) => sampler.topK(row, options.topK ?? 0),
    topP: (row) => sampler.topP(row, options.topP ?? 1),
    minP: (row) => sampler.minP(row, options.minP ?? 0),
  };
}

/** Returns true at a temperature at which only the largest logits have a probability. */
export const isColdest = ({ temperature = 1 }: SamplingOptions) =>
  temperature > 0 && temperature <= Math.max(...coldest);

/** The limit of dividing by the temperature, which can overflow: the largest logits remain. */
function onlyLargest(row: Float64Array): Float64Array {
  const largest = row.reduce((a, b) => Math.max(a, b));
  const dropped = Number.NEGATIVE_INFINITY;
  return row.map((logit) => (logit === largest && logit > dropped ? 0 : dropped));
}
