import { contextLimit, illegalInput } from "./bounds.ts";
import { anyPartition, forked, rollback, stepByStep } from "./cache.ts";
import { liveness, prefixInvariance } from "./causality.ts";
import { chainOrder, nonEmpty, support } from "./chain.ts";
import { golden } from "./definition.ts";
import { anyHistory } from "./history.ts";
import type { Law } from "./law.ts";
import { banned, counted, repetition } from "./penalties.ts";
import {
  exactDraw,
  exactlyK,
  minimalProbability,
  nucleus,
  shiftInvariant,
  temperature,
} from "./sampling.ts";
import { tying } from "./tying.ts";
import { receptiveField, wideWindow } from "./window.ts";

/** Every law, in the order in which a report lists them. */
export const laws: readonly Law[] = [
  prefixInvariance,
  liveness,
  receptiveField,
  wideWindow,
  stepByStep,
  anyPartition,
  rollback,
  forked,
  anyHistory,
  golden,
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
  exactDraw,
  support,
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
