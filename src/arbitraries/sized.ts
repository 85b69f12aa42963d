import fc from "fast-check";

/** The draw of a value of one size. */
interface Draw<Value> {
  readonly size: fc.Value<number>;
  /** The state of the random source before the value was drawn. */
  readonly random: fc.Random;
  readonly bias: number | undefined;
  readonly arbitrary: fc.Arbitrary<Value>;
  readonly context: unknown;
  /** True if the value itself was shrunk: another size would draw it anew. */
  readonly isShrunk: boolean;
}

/**
 * Returns values of drawn sizes. A failure shrinks to the smallest size that fails with the same
 * draws, and then within that size. `fc.chain` would make other draws for a smaller size.
 */
export function sized<Value>(
  sizes: fc.Arbitrary<number>,
  valuesOf: (size: number) => fc.Arbitrary<Value>,
): fc.Arbitrary<Value> {
  return new SizedArbitrary(sizes, valuesOf);
}

class SizedArbitrary<Value> extends fc.Arbitrary<Value> {
  readonly #sizes: fc.Arbitrary<number>;
  readonly #valuesOf: (size: number) => fc.Arbitrary<Value>;
  readonly #draws = new WeakMap<object, Draw<Value>>();

  constructor(sizes: fc.Arbitrary<number>, valuesOf: (size: number) => fc.Arbitrary<Value>) {
    super();
    this.#sizes = sizes;
    this.#valuesOf = valuesOf;
  }

  override generate(random: fc.Random, bias: number | undefined): fc.Value<Value> {
    return this.#draw(this.#sizes.generate(random, bias), random, bias);
  }

  override canShrinkWithoutContext(_value: unknown): _value is Value {
    return false;
  }

  override shrink(value: Value, context: unknown): fc.Stream<fc.Value<Value>> {
    const draw = this.#drawOf(context);
    if (draw === undefined) return fc.Stream.nil();
    const { size, random, bias, arbitrary, isShrunk } = draw;
    const smaller = isShrunk
      ? fc.Stream.nil<fc.Value<Value>>()
      : this.#sizes
          .shrink(size.value, size.context)
          .map((less) => this.#draw(less, random.clone(), bias));
    const within = arbitrary
      .shrink(value, draw.context)
      .map((next) => this.#keep(next, { ...draw, context: next.context, isShrunk: true }));
    return smaller.join(within);
  }

  #draw(size: fc.Value<number>, random: fc.Random, bias: number | undefined): fc.Value<Value> {
    const before = random.clone();
    const arbitrary = this.#valuesOf(size.value);
    const drawn = arbitrary.generate(random, bias);
    const draw = { size, random: before, bias, arbitrary, isShrunk: false };
    return this.#keep(drawn, { ...draw, context: drawn.context });
  }

  #keep({ value }: fc.Value<Value>, draw: Draw<Value>): fc.Value<Value> {
    const context = {};
    this.#draws.set(context, draw);
    return new fc.Value(value, context);
  }

  #drawOf(context: unknown): Draw<Value> | undefined {
    return typeof context === "object" && context !== null ? this.#draws.get(context) : undefined;
  }
}
