/** The sizes of one case: small in all dimensions, or large in one and minimal in the others. */
import fc from "fast-check";
import { seededRandom } from "../math/random.ts";
import type { Dimension, SizeLimits, SizeRange } from "./dimensions.ts";
import { asRaw, rawTokens } from "./tokens.ts";

/** The large dimension of a case, and its size. */
export interface LargeSize {
  readonly dimension: Dimension;
  readonly size: number;
}

/** Number of new tokens that fit after a long text. */
const roomAfter = [8, 8, 2, 1, 0] as const;

/** Generators of the parts of a case, at the sizes of this case. Passed to `cases` of a law. */
export class Sizes {
  /** The large dimension; null if all are small. */
  readonly large: LargeSize | null;
  readonly #limits: SizeLimits;
  readonly #used = new Set<Dimension>();

  constructor(large: LargeSize | null = null, limits: SizeLimits = {}) {
    this.large = large;
    this.#limits = limits;
  }

  /** The dimensions of the generators that were made: those in which a case can be large. */
  get used(): ReadonlySet<Dimension> {
    return this.#used;
  }

  /** Returns the size if this dimension is large, else null. */
  sizeOf(dimension: Dimension): number | null {
    this.#used.add(dimension);
    return this.large?.dimension === dimension ? this.large.size : null;
  }

  /**
   * Returns integers of this range; the large size if this dimension is large, and few small ones
   * if another is.
   */
  integers(dimension: Dimension, { min, max }: { min: number; max: number }): fc.Arbitrary<number> {
    const size = this.sizeOf(dimension);
    if (size !== null) return fc.constant(this.fitted(dimension, size));
    const most = this.large === null ? max : Math.min(max, min + 3);
    return fc.integer({ min, max: most }).map((small) => this.fitted(dimension, small));
  }

  /** Returns the size that the engine accepts and that is nearest to this one. */
  fitted(dimension: Dimension, size: number): number {
    const { min = 1, max = Number.POSITIVE_INFINITY, multipleOf = 1 } = this.range(dimension);
    const multiple = Math.ceil(Math.max(min, size) / multipleOf) * multipleOf;
    const most = Math.floor(max / multipleOf) * multipleOf;
    return this.#limits[dimension] === undefined ? size : Math.min(multiple, most);
  }

  /** The sizes that the engine accepts. */
  range(dimension: Dimension): SizeRange {
    return this.#limits[dimension] ?? {};
  }

  /**
   * Returns raw token ids, as {@link rawTokens} does. If texts or windows are large, three texts of
   * four are as long as that; if the vocabulary is, they have ids a power of two apart.
   */
  tokens(minLength = 1, maxLength = 12): fc.Arbitrary<number[]> {
    const long = this.sizeOf("tokens");
    const isLargeVocabulary = this.sizeOf("vocabulary") !== null;
    const small = rawTokens(minLength, maxLength);
    if (long !== null) return asRaw(mostly(longText(long), small));
    if (this.large === null) return small;
    const { dimension, size } = this.large;
    if (dimension === "window") {
      return asRaw(mostly(fc.oneof(longText(size + 6), longText(2 * size + 6)), small));
    }
    const most = Math.max(minLength, Math.min(maxLength, isLargeVocabulary ? 4 : 6));
    return isLargeVocabulary
      ? asRaw(fc.array(fc.oneof(farIds, rawId), { minLength, maxLength: most, size: "max" }))
      : rawTokens(minLength, most);
  }

  /**
   * Returns the context that texts need: a small one unless they are large, and never less than the
   * smallest small one, which every law can work with.
   */
  context(small: { min: number; max: number }): fc.Arbitrary<number> {
    const needed = this.#lengthNeeded();
    if (needed === null) return this.integers("tokens", small);
    return fc
      .constantFrom(...roomAfter)
      .map((room) => this.fitted("tokens", Math.max(small.min, needed + room)));
  }

  /** Returns the vocabulary: the small one, or more than the k tokens that are chosen or listed. */
  vocabulary(small: { min: number; max: number }): fc.Arbitrary<number> {
    const chosen = this.sizeOf("top-k") ?? this.sizeOf("top-log-probs");
    if (chosen === null) return this.integers("vocabulary", small);
    return fc.integer({ min: 1, max: 9 }).map((more) => this.fitted("vocabulary", chosen + more));
  }

  /** Returns the number of new tokens to generate; many if texts are long, or drafts. */
  newTokens(most: number): fc.Arbitrary<number> {
    const draft = this.sizeOf("draft");
    if (draft !== null) return fc.constant(draft + 6);
    const size = this.sizeOf("tokens");
    const few = fc.nat({ max: most });
    return size === null ? few : fc.oneof({ weight: 3, arbitrary: few }, fc.constant(size));
  }

  /** Returns the length of the longest text of a case; null if all are short. */
  #lengthNeeded(): number | null {
    const long = this.sizeOf("tokens");
    if (long !== null || this.large === null) return long;
    const { dimension, size } = this.large;
    if (dimension === "window") return 2 * size + 6;
    return dimension === "draft" ? size + 12 : null;
  }

  /** Returns arrays of rows; as many as the large size if rows are large. */
  rows<Row>(
    row: fc.Arbitrary<Row>,
    { min, max }: { min: number; max: number },
  ): fc.Arbitrary<Row[]> {
    const size = this.sizeOf("rows");
    if (size !== null) return fc.array(row, { minLength: size, maxLength: size, size: "max" });
    const most = this.large === null ? max : Math.max(min, 2);
    return fc.array(row, { minLength: min, maxLength: most });
  }
}

/** Returns three values of four from the first: a law with several texts also needs short ones. */
function mostly<Value>(many: fc.Arbitrary<Value>, few: fc.Arbitrary<Value>): fc.Arbitrary<Value> {
  return fc.oneof({ weight: 3, arbitrary: many }, { weight: 1, arbitrary: few });
}

const rawId = fc.nat({ max: 1 << 20 });

/** Small ids, and the same ids a power of two later. */
const farIds = fc
  .tuple(fc.nat({ max: 3 }), fc.integer({ min: 5, max: 16 }), fc.boolean())
  .map(([id, power, far]) => (far ? id + 2 ** power : id));

/** Returns texts of this length. Their ids come from a seed, so that a shorter one begins alike. */
function longText(length: number): fc.Arbitrary<number[]> {
  return fc.nat({ max: 0xffff }).map((seed) => {
    const random = seededRandom(seed);
    return Array.from({ length }, () => Math.floor(random() * 2 ** 20));
  });
}
