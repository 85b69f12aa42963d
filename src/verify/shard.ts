/** Shards: parts of the cases of one seed, for several machines. */
import fc from "fast-check";
import type { LawCase } from "../laws/law.ts";

/** The part `index` of `count`, from 1 on. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** Takes the place of a case of another shard, so that every case keeps its number. */
export const otherShard: LawCase = {};

/** Returns the cases with those of other shards replaced by {@link otherShard}. */
export function shardOf(cases: fc.Arbitrary<LawCase>, shard: Shard): fc.Arbitrary<LawCase> {
  return new ShardArbitrary(cases, shard);
}

class ShardArbitrary extends fc.Arbitrary<LawCase> {
  readonly #cases: fc.Arbitrary<LawCase>;
  readonly #shard: Shard;
  #generated = 0;

  constructor(cases: fc.Arbitrary<LawCase>, shard: Shard) {
    super();
    this.#cases = cases;
    this.#shard = shard;
  }

  override generate(random: fc.Random, bias: number | undefined): fc.Value<LawCase> {
    const { index, count } = this.#shard;
    const isOwn = this.#generated++ % count === index - 1;
    return isOwn ? this.#cases.generate(random, bias) : new fc.Value(otherShard, undefined);
  }

  override canShrinkWithoutContext(_value: unknown): _value is LawCase {
    return false;
  }

  override shrink(value: LawCase, context: unknown): fc.Stream<fc.Value<LawCase>> {
    return value === otherShard ? fc.Stream.nil() : this.#cases.shrink(value, context);
  }
}
