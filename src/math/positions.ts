/** Llama 3.1's scaling of RoPE for contexts longer than those of its training. */
export interface RopeScaling {
  readonly ropeType: "llama3";
  /** Long wavelengths are multiplied by this. */
  readonly factor: number;
  /** Wavelengths above `originalMaxPositionEmbeddings / lowFreqFactor` are stretched in full. */
  readonly lowFreqFactor: number;
  /** Wavelengths below `originalMaxPositionEmbeddings / highFreqFactor` are unchanged. */
  readonly highFreqFactor: number;
  readonly originalMaxPositionEmbeddings: number;
}

/** Pairs of entries of a head that rotate together: `i` with `i + R/2`, or `2i` with `2i + 1`. */
export type RopeLayout = "half-split" | "interleaved";

/** The fields of a model's configuration that determine its frequencies. */
export interface RopeShape {
  /** H: the width of one head. */
  readonly headDim: number;
  readonly partialRotaryFactor: number;
  readonly ropeTheta: number;
  readonly ropeScaling: RopeScaling | null;
}

/**
 * The frequencies of RoPE, `theta^(-2i/R)` in radians per position, for the R = H *
 * partialRotaryFactor entries of a head that are rotated. Under Llama 3.1's scaling a wavelength
 * `2 pi / frequency` above `original / lowFreqFactor` is stretched by `factor`, one below
 * `original / highFreqFactor` is kept, and those between are blended.
 *
 * @returns `[R / 2]`
 * @see Su et al. 2021, "RoFormer", equation 15
 */
export function ropeFrequencies(config: RopeShape): Float64Array {
  const R = config.headDim * config.partialRotaryFactor;
  return Float64Array.from({ length: R / 2 }, (_, i) => {
    const frequency = config.ropeTheta ** ((-2 * i) / R);
    return config.ropeScaling === null ? frequency : scaled(frequency, config.ropeScaling);
  });
}

function scaled(frequency: number, scaling: RopeScaling): number {
  const { factor, lowFreqFactor, highFreqFactor, originalMaxPositionEmbeddings } = scaling;
  const wavelength = (2 * Math.PI) / frequency;
  if (wavelength > originalMaxPositionEmbeddings / lowFreqFactor) return frequency / factor;
  if (wavelength < originalMaxPositionEmbeddings / highFreqFactor) return frequency;
  const smooth =
    (originalMaxPositionEmbeddings / wavelength - lowFreqFactor) / (highFreqFactor - lowFreqFactor);
  return ((1 - smooth) * frequency) / factor + smooth * frequency;
}

/**
 * Rotary position embedding of every head of one row, in place: each pair `(a, b)` becomes
 * `(a cos - b sin, a sin + b cos)`. Pairs are `(x[i], x[i + R/2])` when half-split, as in Hugging
 * Face's `rotate_half`, and `(x[2i], x[2i + 1])` when interleaved, as in Meta's code.
 *
 * @param x heads side by side, `[heads * H]`
 * @param cos, sin of the position's angles, `[R / 2]`
 * @see Su et al. 2021, "RoFormer", equation 34
 */
export function rotate(
  x: Float64Array,
  headDim: number,
  cos: Float64Array,
  sin: Float64Array,
  layout: RopeLayout,
): void {
  const pairs = cos.length;
  const step = layout === "half-split" ? 1 : 2;
  const apart = layout === "half-split" ? pairs : 1;
  for (let head = 0; head < x.length; head += headDim) {
    for (let i = 0; i < pairs; i++) {
      const first = head + i * step;
      const a = x[first];
      const b = x[first + apart];
      x[first] = a * cos[i] - b * sin[i];
      x[first + apart] = a * sin[i] + b * cos[i];
    }
  }
}

/**
 * Adds the fixed sinusoids to one row, in place: `sin(t / 10000^(2i/D))` to entry 2i and the cosine
 * of the same angle to entry 2i + 1.
 *
 * @see Vaswani et al. 2017, "Attention Is All You Need", section 3.5
 */
export function addSinusoid(x: Float64Array, position: number): void {
  const D = x.length;
  for (let d = 0; d < D; d += 2) {
    const angle = position / 10_000 ** (d / D);
    x[d] += Math.sin(angle);
    if (d + 1 < D) x[d + 1] += Math.cos(angle);
  }
}
