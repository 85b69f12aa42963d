import type { Mutant } from "./mutant.ts";

const attention = "src/math/attention.ts";
const tiled = "src/math/tiled-attention.ts";

/** Attention heads: the key-value head of a query head, and the softmax over its scores. */
export const heads: readonly Mutant[] = [
  {
    id: "heads-tiled",
    bug: "key-value heads are tiled, where each should be repeated for its group of queries",
    rows: [102, 105],
    links: [
      "https://github.com/ekzhang/jax-js/issues/180",
      "https://github.com/apple/axlearn/issues/842",
    ],
    file: attention,
    find: "Math.floor(n / groupSize)",
    replace: "(n % (headCount / groupSize))",
    needs: "more than one key-value head, and fewer than heads",
  },
  {
    id: "heads-tiled-in-the-definition",
    bug: "the definition itself tiles key-value heads",
    rows: [103],
    links: ["https://github.com/onnx/onnx/issues/7274"],
    file: "src/definition.ts",
    find: "const group = Math.floor(n / (N / K));",
    replace: "const group = n % K;",
    needs: "more than one key-value head, and fewer than heads",
  },
  {
    id: "heads-tiled-in-the-other-kernel",
    bug: "a refactor of one kernel swaps tiling and repeating",
    rows: [104],
    links: ["https://github.com/huggingface/transformers/issues/41423"],
    file: tiled,
    find: "Math.floor(n / groupSize)",
    replace: "(n % (headCount / groupSize))",
    needs: "more than one key-value head, and fewer than heads",
    subject: "reference-tiled",
  },
  {
    id: "heads-not-repeated",
    bug: "key-value heads are not repeated: queries beyond their number read the last",
    rows: [106],
    links: ["https://github.com/state-spaces/mamba/issues/462"],
    file: attention,
    find: "Math.floor(n / groupSize)",
    replace: "Math.min(n, headCount / groupSize - 1)",
    needs: "more than one key-value head, and fewer than heads",
  },
  {
    id: "heads-repeated-along-the-sequence",
    bug: "keys are repeated along the axis of positions",
    rows: [107],
    links: ["https://github.com/PrimeIntellect-ai/prime-rl/issues/2681"],
    file: attention,
    find: "softmaxInPlace(scores, length);",
    replace: `for (let j = length - 1; j >= 0; j--) scores[j] = scores[Math.floor(j / groupSize)];
      softmaxInPlace(scores, length);`,
    needs: "fewer key-value heads than heads, two tokens",
  },
  {
    id: "heads-narrower-than-a-tile",
    bug: "the last entries of a narrow head are computed by a whole tile, which meets at the last of them",
    rows: [83],
    links: ["https://github.com/microsoft/onnxruntime/issues/29593"],
    file: attention,
    find: `  for (; h < headDim; h++) {
    let sum = 0;
    for (let j = 0; j < length; j++) sum += probs[j] * values[base + j * headDim + h];
    out[o + h] = sum;
  }`,
    replace: `  for (; h < Math.max(headDim, 4); h++) {
    let sum = 0;
    const last = values.length - 1;
    for (let j = 0; j < length; j++) {
      sum += probs[j] * values[Math.min(base + j * headDim + h, last)];
    }
    out[o + Math.min(h, headDim - 1)] = sum;
  }`,
    needs: "heads of fewer than four entries",
  },
  {
    id: "heads-without-a-scale",
    bug: "scores are not divided by the root of the head's width",
    rows: [],
    links: [],
    file: attention,
    find: "const scale = 1 / Math.sqrt(headDim);",
    replace: "const scale = 1;",
    needs: "two tokens",
  },
  {
    id: "heads-scaled-by-the-model",
    bug: "scores are divided by the root of all heads' width",
    rows: [],
    links: [],
    file: attention,
    find: `score(scores, query, n * headDim, cache.keys, base, headDim, length);
      softmaxInPlace`,
    replace: `score(scores, query, n * headDim, cache.keys, base, headDim, length);
      for (let j = 0; j < length; j++) scores[j] /= Math.sqrt(headCount);
      softmaxInPlace`,
    needs: "two heads, two tokens",
  },
  {
    id: "heads-tile-keeps-the-old-maximum",
    bug: "a tile with a larger maximum does not rescale what was mixed before",
    rows: [],
    links: [],
    file: tiled,
    find: "const rescale = Math.exp(max - newMax);",
    replace: "const rescale = max === Number.NEGATIVE_INFINITY ? 0 : 1;",
    needs: "two tiles, the second with a larger score",
    subject: "reference-tiled",
  },
  {
    id: "heads-tile-loses-its-last-position",
    bug: "the last position of every full tile is left out",
    rows: [],
    links: [],
    file: tiled,
    find: "sum = sum * rescale + powersInPlace(scores, end - start, newMax);",
    replace: `if (tileSize > 1 && end - start === tileSize) scores[tileSize - 1] = Number.NEGATIVE_INFINITY;
    sum = sum * rescale + powersInPlace(scores, end - start, newMax);`,
    needs: "a full tile of several positions",
    subject: "reference-tiled",
  },
  {
    id: "heads-masked-twice-at-tile-ends",
    bug: "the mask is applied outside and in the kernel: at periodic lengths a row sees nothing",
    rows: [53],
    links: ["https://github.com/huggingface/candle/issues/3625"],
    file: tiled,
    find: "const newMax = largest(scores, end - start, max);",
    replace: `const nothing = start === last && last > 0 && last % tileSize === 0;
    const newMax = nothing ? Number.NaN : largest(scores, end - start, max);`,
    needs: "a token that begins a tile",
    subject: "reference-tiled",
  },
];
