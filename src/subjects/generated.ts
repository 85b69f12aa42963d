import type fc from "fast-check";
import type { SizeLimits } from "../arbitraries/dimensions.ts";
import { Sizes } from "../arbitraries/sizes.ts";
import type { Candidate } from "./subject.ts";

/** Returns the fields of a subject whose decoders are generated. */
export function generated(
  candidatesOf: (sizes: Sizes) => fc.Arbitrary<Candidate>,
  limits: SizeLimits = {},
) {
  return { candidates: candidatesOf(new Sizes(null, limits)), candidatesOf };
}
