/** Dimensions of a case that can be large, and the sizes that are drawn for them. */
import fc from "fast-check";

/** Largest size that is drawn of each dimension. */
export const largestSizes = {
  /** Length of a text, and of the context. */
  tokens: 520,
  /** Sliding window, in texts that are longer. */
  window: 300,
  /** Rows of a batch. */
  rows: 272,
  "kv-heads": 80,
  /** Query heads that share a key-value head. */
  group: 80,
  layers: 80,
  "head-width": 272,
  width: 300,
  "feed-forward": 300,
  vocabulary: 70_000,
  "top-k": 300,
  /** Tokens that are listed with their log-probabilities. */
  "top-log-probs": 80,
  /** Draft tokens of one round of speculation. */
  draft: 80,
  /** Banned sequences. */
  bans: 80,
} as const;

/** A dimension of a case that can be large. */
export type Dimension = keyof typeof largestSizes;

export const dimensions = Object.keys(largestSizes) as readonly Dimension[];

/** The sizes that an engine accepts in one dimension. */
export interface SizeRange {
  readonly min?: number;
  readonly max?: number;
  readonly multipleOf?: number;
}

/** The sizes that an engine accepts; all, in a dimension that is absent. */
export type SizeLimits = Partial<Readonly<Record<Dimension, SizeRange>>>;

/** Sizes at which an engine changes its method, such as the tokens of a block of its cache. */
export type Thresholds = Partial<Readonly<Record<Dimension, readonly number[]>>>;

/**
 * Returns sizes of one dimension around every power of two and every multiple by a power of two of
 * the thresholds: a little below to a little above. Larger ones are more frequent. A size shrinks
 * to the smallest that still fails.
 */
export function sizesAround(
  dimension: Dimension,
  { min = 1, max = Number.POSITIVE_INFINITY }: SizeRange = {},
  thresholds: readonly number[] = [],
): fc.Arbitrary<number> {
  const most = Math.max(min, Math.min(max, largestSizes[dimension]));
  return countsAround({ min, max: most }, thresholds);
}

/** Returns integers of a range, as {@link sizesAround} does. */
export function countsAround(
  { min, max }: Required<Omit<SizeRange, "multipleOf">>,
  thresholds: readonly number[] = [],
): fc.Arbitrary<number> {
  const pivots = [1, ...thresholds].flatMap((start) => doublings(start, max));
  const ascending = [...new Set(pivots)].sort((a, b) => a - b);
  return new SizesAround(min, max, ascending);
}

function doublings(start: number, most: number): number[] {
  const all: number[] = [];
  for (let size = start; size <= most; size *= 2) all.push(size);
  return all;
}

class SizesAround extends fc.Arbitrary<number> {
  readonly #min: number;
  readonly #max: number;
  readonly #pivots: readonly number[];
  readonly #shrinker: fc.Arbitrary<number>;

  constructor(min: number, max: number, pivots: readonly number[]) {
    super();
    this.#min = min;
    this.#max = max;
    this.#pivots = pivots;
    this.#shrinker = fc.integer({ min, max });
  }

  override generate(random: fc.Random): fc.Value<number> {
    const last = this.#pivots.length - 1;
    const at = Math.max(random.nextInt(0, last), random.nextInt(0, last));
    const pivot = this.#pivots[at];
    const next = this.#pivots[at + 1] ?? this.#max;
    const isNear = random.nextInt(0, 3) > 0;
    const size = isNear ? pivot + random.nextInt(-1, 4) : random.nextInt(pivot, next);
    return new fc.Value(Math.min(this.#max, Math.max(this.#min, size)), undefined);
  }

  override canShrinkWithoutContext(value: unknown): value is number {
    return this.#shrinker.canShrinkWithoutContext(value);
  }

  override shrink(value: number, context: unknown): fc.Stream<fc.Value<number>> {
    return this.#shrinker.shrink(value, context);
  }
}
