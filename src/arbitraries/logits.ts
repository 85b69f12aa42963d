import fc from "fast-check";

/**
 * Returns logits that reveal defects of samplers: random reals; small integers, which tie;
 * probabilities that are powers of two, whose sums are exact; one huge value; some tokens dropped.
 */
export function logitRows(maxLength = 16, minLength = 1): fc.Arbitrary<Float64Array> {
  const size = { minLength, maxLength, size: "max" as const };
  const reals = fc.array(
    fc.integer({ min: -6000, max: 6000 }).map((x) => x / 2000),
    size,
  );
  const ties = fc.array(fc.integer({ min: -2, max: 2 }), size);
  const peaked = fc.tuple(reals, fc.nat(), fc.constantFrom(20, 200, 1000)).map(([x, at, peak]) => {
    return x.map((logit, i) => (i === at % x.length ? peak : logit));
  });
  const dropped = fc.tuple(ties, fc.nat(), fc.nat()).map(([x, a, b]) => {
    return x.map((logit, i) =>
      i !== a % x.length && i % 3 === b % 3 ? Number.NEGATIVE_INFINITY : logit,
    );
  });
  const even = fc.oneof(reals, ties, halves(maxLength));
  return fc.oneof(even, even, peaked, dropped).map((x) => Float64Array.from(x));
}

/**
 * Returns exponents of probabilities that are powers of two and sum to exactly 1: one mass, halved
 * repeatedly. None is less than a quarter of the largest, as `e^(-k ln 2)` is exact for k up to 2.
 */
export function halves(maxLength = 16): fc.Arbitrary<number[]> {
  const splits = fc.array(fc.nat({ max: 15 }), { maxLength: maxLength - 1, size: "max" });
  return splits.map((places) => {
    const masses = [1];
    for (const place of places) {
      const at = place % masses.length;
      if (masses[at] < Math.max(...masses) / 2) continue;
      masses[at] /= 2;
      masses.push(masses[at]);
    }
    const largest = Math.max(...masses);
    return masses.map((mass) => Math.log2(mass / largest) * Math.LN2);
  });
}

/** Returns thresholds of top-p, with 0, 1 and values that exact partial sums can equal. */
export function thresholds(): fc.Arbitrary<number> {
  return fc.oneof(
    fc.integer({ min: 0, max: 1000 }).map((p) => p / 1000),
    fc.constantFrom(1, 0, 0.5, 0.75, 0.9, 0.875),
  );
}
