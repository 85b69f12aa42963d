/** The tolerance of a subject: that of its arithmetic, or its own. */
import type { Arithmetic } from "../math/arithmetic.ts";
import {
  type ArithmeticName,
  type ArithmeticTolerance,
  arithmeticTolerances,
  headroom,
} from "./arithmetics.ts";
import type { ErrorBound, Tolerance } from "./compare.ts";

/** Tolerance of one subject: what its arithmetic allows. */
export interface SubjectTolerance {
  /** Allowed difference between two runs of one decoder on the same tokens. */
  readonly repeatable: Tolerance;
  /** Allowed difference from the definition. */
  readonly accurate: ErrorBound;
  /** Rounding whose noise replaces both for every case with a known model; null in float64. */
  readonly noise: Arithmetic | null;
  /** Number of noise floors that a logit may be off. */
  readonly headroom: number;
  /** True if the subject overrides the tolerance of its arithmetic: no noise is measured. */
  readonly overridden: boolean;
}

/** Settings of a subject that change the tolerance of its arithmetic. */
interface ToleranceSettings {
  /** True if two runs on the same tokens must give the same bits. Default false. */
  readonly bitwise?: boolean;
  /** Allowed error in place of that of the arithmetic. */
  readonly tolerance?: ErrorBound | undefined;
}

/**
 * Returns the tolerance of a subject with this arithmetic. An arithmetic that is not in the table
 * has its noise measured, as float32 has.
 *
 * @throws {RangeError} naming the arithmetics, if there is none of this name
 */
export function toleranceOf(
  arithmetic: ArithmeticName | Arithmetic | ArithmeticTolerance,
  { bitwise = false, tolerance }: ToleranceSettings = {},
): SubjectTolerance {
  const { bound, noise, headroom: own = headroom } = rowOf(arithmetic);
  const accurate = tolerance ?? bound;
  const repeatable = bitwise ? "bitwise" : accurate;
  return { repeatable, accurate, noise, headroom: own, overridden: tolerance !== undefined };
}

function rowOf(arithmetic: ArithmeticName | Arithmetic | ArithmeticTolerance): ArithmeticTolerance {
  if (typeof arithmetic === "string") {
    if (Object.hasOwn(arithmeticTolerances, arithmetic)) return arithmeticTolerances[arithmetic];
    const names = Object.keys(arithmeticTolerances).join(", ");
    throw new RangeError(`arithmetic: must be one of ${names} or an object, got ${arithmetic}`);
  }
  return "bound" in arithmetic
    ? arithmetic
    : { ...arithmeticTolerances.float32, noise: arithmetic };
}
