import { beams, joinAndLeave, rowAlone, rowOrder } from "./batch.ts";
import { blackBox } from "./black-box.ts";
import { contextLimit, illegalInput } from "./bounds.ts";
import { anyPartition, forked, rollback, stepByStep } from "./cache.ts";
import { liveness, prefixInvariance } from "./causality.ts";
import { chainOrder, nonEmpty, pureSampler, support } from "./chain.ts";
import {
  illegalPrompt,
  sameAnswer,
  singleSteps,
  together,
  topOfDefinition,
  topOfOne,
} from "./completion.ts";
import { golden } from "./definition.ts";
import { naive, seenHistory } from "./generation.ts";
import { anyHistory } from "./history.ts";
import type { Law } from "./law.ts";
import { boundedError } from "./length.ts";
import { aligned, unlikely } from "./log-probs.ts";
import { noAlias, poisoned, reuse } from "./memory.ts";
import { permutation, positionShift, scoreShift, streamScale } from "./metamorphic.ts";
import { finite } from "./numerics.ts";
import { padding } from "./padding.ts";
import { banned, counted, repetition } from "./penalties.ts";
import { seeds, stops } from "./rows.ts";
import {
  exactDraw,
  exactlyK,
  minimalProbability,
  nucleus,
  shiftInvariant,
  temperature,
} from "./sampling.ts";
import { speculatedDistribution, speculation } from "./speculation.ts";
import { prefixReuse, turns } from "./turns.ts";
import { tying } from "./tying.ts";
import { largeVocabulary } from "./vocabulary.ts";
import { receptiveField, wideWindow } from "./window.ts";

/**
 * Every law, in the order in which they are tried. The first finds most of what is wrong with a
 * cache at the smallest cost.
 */
export const laws: readonly Law[] = [
  anyHistory,
  prefixInvariance,
  liveness,
  receptiveField,
  wideWindow,
  stepByStep,
  anyPartition,
  rollback,
  forked,
  reuse,
  poisoned,
  noAlias,
  rowAlone,
  rowOrder,
  joinAndLeave,
  beams,
  padding,
  golden,
  positionShift,
  permutation,
  scoreShift,
  streamScale,
  finite,
  boundedError,
  contextLimit,
  illegalInput,
  tying,
  nucleus,
  shiftInvariant,
  exactlyK,
  minimalProbability,
  temperature,
  repetition,
  counted,
  banned,
  chainOrder,
  nonEmpty,
  largeVocabulary,
  pureSampler,
  exactDraw,
  support,
  blackBox,
  naive,
  seenHistory,
  stops,
  seeds,
  turns,
  prefixReuse,
  aligned,
  unlikely,
  speculation,
  speculatedDistribution,
  topOfOne,
  sameAnswer,
  singleSteps,
  together,
  topOfDefinition,
  illegalPrompt,
];

/**
 * The law with this code.
 *
 * @throws {RangeError} naming the codes that there are
 */
export function lawByCode(code: string): Law {
  const found = laws.find((law) => law.code === code);
  if (found !== undefined) return found;
  const codes = laws.map((law) => law.code).join(", ");
  throw new RangeError(`law: a code must be one of ${codes}, got ${code}`);
}
