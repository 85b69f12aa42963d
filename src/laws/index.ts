import { bannedSequences } from "./banned-sequences.ts";
import { batchInvariance } from "./batch-invariance.ts";
import { beamReordering } from "./beam-reordering.ts";
import { cacheEquality } from "./cache-equality.ts";
import { cachedGeneration } from "./cached-generation.ts";
import { chunkInvariance } from "./chunk-invariance.ts";
import { completionDeterminism } from "./completion-determinism.ts";
import { completionStepwise } from "./completion-stepwise.ts";
import { concurrentCompletions } from "./concurrent-completions.ts";
import { contextLimit } from "./context-limit.ts";
import { contextSensitivity } from "./context-sensitivity.ts";
import { definitionEquality } from "./definition-equality.ts";
import { endOfSequence } from "./end-of-sequence.ts";
import { errorGrowth } from "./error-growth.ts";
import { exactSampling } from "./exact-sampling.ts";
import { filterOrder } from "./filter-order.ts";
import { finiteLogProbs } from "./finite-log-probs.ts";
import { finiteLogits } from "./finite-logits.ts";
import { forkIndependence } from "./fork-independence.ts";
import { lawId } from "./former-codes.ts";
import { frequencyPresencePenalty } from "./frequency-presence-penalty.ts";
import { fullWidthWindow } from "./full-width-window.ts";
import { greedySpeculation } from "./greedy-speculation.ts";
import { historyInvariance } from "./history-invariance.ts";
import { illegalInput } from "./illegal-input.ts";
import { illegalPrompt } from "./illegal-prompt.ts";
import { largeVocabulary } from "./large-vocabulary.ts";
import type { Law } from "./law.ts";
import { logProbAlignment } from "./log-prob-alignment.ts";
import { minPThreshold } from "./min-p-threshold.ts";
import { multiTurnEquality } from "./multi-turn-equality.ts";
import { noAliasing } from "./no-aliasing.ts";
import { nonEmptySupport } from "./non-empty-support.ts";
import { paddingInvariance } from "./padding-invariance.ts";
import { penaltyHistory } from "./penalty-history.ts";
import { positionShift } from "./position-shift.ts";
import { prefixInvariance } from "./prefix-invariance.ts";
import { prefixReuse } from "./prefix-reuse.ts";
import { repetitionPenalty } from "./repetition-penalty.ts";
import { rewindEquality } from "./rewind-equality.ts";
import { rmsnormScale } from "./rmsnorm-scale.ts";
import { rowIsolation } from "./row-isolation.ts";
import { rowPermutation } from "./row-permutation.ts";
import { samplerPurity } from "./sampler-purity.ts";
import { samplingFrequencies } from "./sampling-frequencies.ts";
import { samplingSupport } from "./sampling-support.ts";
import { scoreShift } from "./score-shift.ts";
import { seedDeterminism } from "./seed-determinism.ts";
import { sequenceReuse } from "./sequence-reuse.ts";
import { speculativeDistribution } from "./speculative-distribution.ts";
import { temperatureScaling } from "./temperature-scaling.ts";
import { tiedWeightsMemory } from "./tied-weights-memory.ts";
import { topKCount } from "./top-k-count.ts";
import { topLogProbs } from "./top-log-probs.ts";
import { topLogProbsDefinition } from "./top-log-probs-definition.ts";
import { topPMass } from "./top-p-mass.ts";
import { topPShiftInvariance } from "./top-p-shift-invariance.ts";
import { uninitialisedMemory } from "./uninitialised-memory.ts";
import { weightPermutation } from "./weight-permutation.ts";
import { windowReceptiveField } from "./window-receptive-field.ts";

/**
 * Every law of this package, in the order in which they run. The first finds most bugs of a cache
 * at the smallest cost.
 */
export const laws: readonly Law[] = [
  historyInvariance,
  prefixInvariance,
  contextSensitivity,
  windowReceptiveField,
  fullWidthWindow,
  cacheEquality,
  chunkInvariance,
  rewindEquality,
  forkIndependence,
  sequenceReuse,
  uninitialisedMemory,
  noAliasing,
  batchInvariance,
  rowPermutation,
  rowIsolation,
  beamReordering,
  paddingInvariance,
  definitionEquality,
  positionShift,
  weightPermutation,
  scoreShift,
  rmsnormScale,
  finiteLogits,
  errorGrowth,
  contextLimit,
  illegalInput,
  tiedWeightsMemory,
  topPMass,
  topPShiftInvariance,
  topKCount,
  minPThreshold,
  temperatureScaling,
  repetitionPenalty,
  frequencyPresencePenalty,
  bannedSequences,
  filterOrder,
  nonEmptySupport,
  largeVocabulary,
  samplerPurity,
  exactSampling,
  samplingSupport,
  samplingFrequencies,
  cachedGeneration,
  penaltyHistory,
  endOfSequence,
  seedDeterminism,
  multiTurnEquality,
  prefixReuse,
  logProbAlignment,
  finiteLogProbs,
  greedySpeculation,
  speculativeDistribution,
  topLogProbs,
  completionDeterminism,
  completionStepwise,
  concurrentCompletions,
  topLogProbsDefinition,
  illegalPrompt,
];

/**
 * Returns the law with this id, or with this former code.
 *
 * @throws {RangeError} naming all ids if there is none
 */
export function lawById(id: string): Law {
  const found = laws.find((law) => law.id === lawId(id));
  if (found !== undefined) return found;
  const ids = laws.map((law) => law.id).join(", ");
  throw new RangeError(`law: must be one of ${ids}, got ${id}`);
}
