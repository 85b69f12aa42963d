import fc from "fast-check";

/**
 * Logits that are hard on a sampler: random reals; small integers, which tie; powers of two of
 * probability, whose partial sums are exact; one huge value; and some tokens already dropped.
 */
export function logits(maxLength = 16): fc.Arbitrary<Float64Array> {
  const size = { minLength: 1, maxLength, size: "max" as const };
  const reals = fc.array(
    fc.integer({ min: -6000, max: 6000 }).map((x) => x / 2000),
    size,
  );
  const ties = fc.array(fc.integer({ min: -2, max: 2 }), size);
  const binary = fc.array(
    fc.nat(4).map((power) => -power * Math.LN2),
    size,
  );
  const peaked = fc.tuple(reals, fc.nat(), fc.constantFrom(20, 200, 1000)).map(([x, at, peak]) => {
    return x.map((logit, i) => (i === at % x.length ? peak : logit));
  });
  const dropped = fc.tuple(ties, fc.nat(), fc.nat()).map(([x, a, b]) => {
    return x.map((logit, i) =>
      i !== a % x.length && i % 3 === b % 3 ? Number.NEGATIVE_INFINITY : logit,
    );
  });
  const even = fc.oneof(reals, ties, binary);
  return fc.oneof(even, even, peaked, dropped).map((x) => Float64Array.from(x));
}

/** Thresholds of top-p, with its corners and values that exact partial sums can equal. */
export function thresholds(): fc.Arbitrary<number> {
  return fc.oneof(
    fc.integer({ min: 0, max: 1000 }).map((p) => p / 1000),
    fc.constantFrom(1, 0, 0.5, 0.75, 0.9, 0.875),
  );
}
