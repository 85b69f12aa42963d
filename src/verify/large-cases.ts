/** Large cases of a law: large in one dimension, minimal in the others. */
import type fc from "fast-check";
import { type Dimension, dimensions, sizesAround } from "../arbitraries/dimensions.ts";
import { sized } from "../arbitraries/sized.ts";
import { type LargeSize, Sizes } from "../arbitraries/sizes.ts";
import type { Law, LawCase } from "../laws/law.ts";
import type { Subject } from "../subjects/subject.ts";

/** Number of cases of one law that were large in one dimension. */
export interface LargeCount {
  readonly dimension: Dimension;
  readonly cases: number;
}

/** The sizes of large cases, for the report of a failure. */
const sizesOfCases = new WeakMap<LawCase, LargeSize>();

/** Returns the large dimension of a case and its size; null if all are small. */
export function largeSizeOf(value: LawCase): LargeSize | null {
  return sizesOfCases.get(value) ?? null;
}

/** Returns the dimensions in which cases of a law on this subject can be large. */
export function dimensionsOf(law: Pick<Law, "cases">, subject: Subject): readonly Dimension[] {
  const probe = new Sizes(null, subject.sizes);
  casesAt(law, subject, probe);
  return dimensions.filter((dimension) => probe.used.has(dimension));
}

/** Returns small cases of a law, or cases that are large in one dimension. */
export function casesOf(
  law: Pick<Law, "cases">,
  subject: Subject,
  dimension: Dimension | null,
): fc.Arbitrary<LawCase> {
  const { sizes: limits = {}, thresholds = {} } = subject;
  if (dimension === null) return law.cases(subject, new Sizes(null, limits));
  const around = sizesAround(dimension, limits[dimension], thresholds[dimension]);
  return sized(around, (size) => {
    const large = { dimension, size };
    return casesAt(law, subject, new Sizes(large, limits)).map((value) => {
      sizesOfCases.set(value, large);
      return value;
    });
  });
}

/** Returns the cases of a law, with decoders of these sizes too. */
function casesAt(law: Pick<Law, "cases">, subject: Subject, sizes: Sizes): fc.Arbitrary<LawCase> {
  if (subject.kind !== "choice" && subject.candidatesOf !== undefined) {
    const { candidatesOf } = subject;
    const candidates = lazily(() => candidatesOf(sizes));
    return law.cases(Object.defineProperty({ ...subject }, "candidates", candidates), sizes);
  }
  return law.cases(subject, sizes);
}

/** Returns a property whose value is made when it is read, so that its sizes count as used. */
function lazily<Value>(make: () => Value) {
  let made: Value | null = null;
  const get = () => {
    made ??= make();
    return made;
  };
  return { get, enumerable: true, configurable: true };
}
