import type { Mutant } from "./mutant.ts";

const kernel = "src/math/positions.ts";
const forward = "src/reference/forward.ts";

/** RoPE: the entries that it rotates, their angles, and the precision. */
export const rope: readonly Mutant[] = [
  {
    id: "rope-always-interleaved",
    bug: "pairs (2i, 2i + 1) are rotated in a half-split model",
    rows: [14],
    links: [
      "https://github.com/huggingface/candle/issues/3411",
      "https://github.com/NeuraLegion/shainet/issues/111",
    ],
    file: forward,
    find: "rotate(heads, H, this.#cos, this.#sin, ropeLayout)",
    replace: 'rotate(heads, H, this.#cos, this.#sin, "interleaved")',
    needs: "half-split RoPE, at least 4 rotated entries, a position above 0",
  },
  {
    id: "rope-always-half-split",
    bug: "pairs (i, i + R/2) are rotated in every model, an interleaved one too",
    rows: [18],
    links: ["https://github.com/paiml/aprender/issues/2084"],
    file: forward,
    find: "rotate(heads, H, this.#cos, this.#sin, ropeLayout)",
    replace: 'rotate(heads, H, this.#cos, this.#sin, "half-split")',
    needs: "interleaved RoPE, at least 4 rotated entries, a position above 0",
  },
  {
    id: "rope-angles-in-half-precision",
    bug: "angles are computed in float16, where neighbouring positions collapse",
    rows: [21],
    links: [
      "https://github.com/EleutherAI/gpt-neox/issues/1003",
      "https://github.com/huggingface/transformers/issues/29285",
      "https://github.com/huggingface/candle/issues/3005",
    ],
    file: forward,
    find: "const angle = position * this.#frequencies[i];",
    replace: "const angle = Math.f16round(position * Math.f16round(this.#frequencies[i]));",
    needs: "RoPE and an angle that float16 rounds",
  },
  {
    id: "rope-cache-cast-with-the-model",
    bug: "the tables of cosines and sines are cast to half precision",
    rows: [22],
    links: ["https://github.com/huggingface/transformers/issues/25681"],
    file: forward,
    find: "this.#cos[i] = Math.cos(angle);",
    replace: "this.#cos[i] = Math.f16round(Math.cos(angle));",
    needs: "RoPE and a position above 0",
  },
  {
    id: "rope-scaling-inverted-twice",
    bug: "scaled RoPE divides 1 by a frequency that is inverted already",
    rows: [26],
    links: ["https://github.com/microsoft/onnxruntime-genai/issues/2076"],
    file: kernel,
    find: "return frequency / factor;",
    replace: "return 1 / (factor * frequency);",
    needs: "scaled RoPE with a long wavelength",
  },
  {
    id: "rope-scaling-always-long",
    bug: "the factors for long contexts are used where the plain frequencies should stay",
    rows: [27],
    links: ["https://github.com/ml-explore/mlx-lm/issues/660"],
    file: kernel,
    find: "if (wavelength < originalMaxPositionEmbeddings / highFreqFactor) return frequency;",
    replace:
      "if (wavelength < originalMaxPositionEmbeddings / highFreqFactor) return frequency / factor;",
    needs: "scaled RoPE with a short wavelength",
  },
  {
    id: "rope-partial-factor-ignored",
    bug: "all entries of a head are rotated, whatever partial_rotary_factor says",
    rows: [28],
    links: ["https://github.com/ml-explore/mlx-lm/issues/105"],
    file: kernel,
    find: "const R = config.headDim * config.partialRotaryFactor;",
    replace: "const R = config.headDim;",
    needs: "partial RoPE",
  },
  {
    id: "rope-width-is-the-number-of-heads",
    bug: "as many entries are rotated as there are heads",
    rows: [29],
    links: ["https://github.com/microsoft/onnxruntime-genai/issues/244"],
    file: kernel,
    find: "const R = config.headDim * config.partialRotaryFactor;",
    replace: `const heads = 2 * Math.ceil(config.numAttentionHeads / 2);
  const R = Math.min(config.headDim, heads);`,
    needs: "RoPE, and another number of heads than of rotated entries",
  },
  {
    id: "rope-scaling-in-the-wrong-layers",
    bug: "layers with a window get scaled RoPE and layers without the plain one: the condition is inverted",
    rows: [30],
    links: ["https://github.com/ml-explore/mlx-lm/issues/628"],
    file: kernel,
    find: "return config.ropeScaling === null ? frequency",
    replace: "return config.ropeScaling === null || config.slidingWindow === null ? frequency",
    needs: "scaled RoPE without a window",
  },
  {
    id: "rope-turned-backwards",
    bug: "the sine has the wrong sign: heads turn the other way",
    rows: [],
    links: [],
    file: kernel,
    find: "x[first + apart] = a * sin[i] + b * cos[i];",
    replace: `x[first] = a * cos[i] + b * sin[i];
      x[first + apart] = b * cos[i] - a * sin[i];`,
    needs: "RoPE and a position above 0",
  },
  {
    id: "rope-base-is-the-default",
    bug: "theta is 10,000 whatever the configuration says",
    rows: [],
    links: [],
    file: kernel,
    find: "const frequency = config.ropeTheta ** ((-2 * i) / R);",
    replace: "const frequency = 10_000 ** ((-2 * i) / R);",
    needs: "another theta and at least 4 rotated entries",
  },
  {
    id: "rope-before-the-head-norm",
    bug: "queries and keys are rotated before their norm",
    rows: [],
    links: [],
    file: forward,
    find: "if (norm !== null) {\n      for",
    replace: `if (this.#frequencies !== null) rotate(heads, H, this.#cos, this.#sin, ropeLayout);
    if (norm !== null) {
      for (let start = 0; start < heads.length; start += H) {
        rmsNorm(heads, heads, norm.weight, normEps, start);
      }
      return;
    }
    if (this.#frequencies !== null) return;
    if (norm !== null) {
      for`,
    needs: "norms of heads with gains that differ within a pair, and RoPE",
  },
  {
    id: "sinusoid-exponent-of-the-entry",
    bug: "the exponent of a sinusoid counts entries where it should count pairs",
    rows: [],
    links: [],
    file: kernel,
    find: "if (d + 1 < D) x[d + 1] += Math.cos(angle);",
    replace: "if (d + 1 < D) x[d + 1] += Math.cos(position / 10_000 ** ((d + 1) / D));",
    needs: "sinusoidal positions above 0, width of at least 2",
  },
];
