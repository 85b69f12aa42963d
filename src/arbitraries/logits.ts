import fc from "fast-check";
import { seededRandom } from "../math/random.ts";
import type { Sizes } from "./sizes.ts";

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

/**
 * Returns logits as {@link logitRows} does; of a large vocabulary, if the vocabulary, k or texts
 * are large.
 *
 * @param most largest length, for laws whose time grows with its square
 */
export function sizedLogits(
  sizes: Sizes,
  { min = 1, max = 16, most = Number.POSITIVE_INFINITY } = {},
): fc.Arbitrary<Float64Array> {
  const small = logitRows(sizes.large === null ? max : Math.max(min, 6), min);
  const length = sizes.sizeOf("vocabulary") ?? sizes.sizeOf("top-k") ?? sizes.sizeOf("tokens");
  if (length === null) return small;
  const isText = sizes.large?.dimension === "tokens";
  const large = largeRow(Math.max(min, Math.min(most, length)));
  return isText ? fc.oneof(large, small) : large;
}

/** Logits of a large vocabulary by kind: the logit of an id and a uniform number. */
const largeKinds = {
  even: (u: number) => u,
  reals: (u: number) => 6 * u - 3,
  ties: (u: number) => Math.floor(5 * u) - 2,
  steep: (u: number) => 40 * u,
  dropped: (u: number) => (u < 0.3 ? Number.NEGATIVE_INFINITY : Math.floor(5 * u)),
} as const;

/** Returns rows of a length or a little more. Their logits come from a seed. */
function largeRow(length: number): fc.Arbitrary<Float64Array> {
  return fc
    .tuple(
      fc.constantFrom(...Object.values(largeKinds)),
      fc.nat({ max: 0xffff }),
      fc.nat({ max: 4 }),
      fc.constantFrom(0, 0, 30),
      fc.nat(),
    )
    .map(([kind, seed, more, peak, at]) => {
      const random = seededRandom(seed);
      const row = Float64Array.from({ length: length + more }, () => kind(random()));
      row[at % row.length] = Math.max(0, row[at % row.length]) + peak;
      return row;
    });
}
