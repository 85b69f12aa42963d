import type { Mutant } from "./mutant.ts";

const forward = "src/reference/forward.ts";
const first = "const first = slidingWindow === null ? 0 : Math.max(0, index - slidingWindow + 1);";

/** The sliding window: its start, its layers, and the calls that it applies to. */
export const windows: readonly Mutant[] = [
  {
    id: "window-one-too-wide",
    bug: "the window's comparison is <=: one token too many is seen",
    rows: [55],
    links: ["https://github.com/ml-explore/mlx-lm/issues/390"],
    file: forward,
    find: "Math.max(0, index - slidingWindow + 1);",
    replace: "Math.max(0, index - slidingWindow);",
    needs: "more tokens than the window",
  },
  {
    id: "window-swapped-with-the-full-layers",
    bug: "the mask of another layer is used: the first layer gets none of the window",
    rows: [57],
    links: ["https://github.com/ml-explore/mlx-lm/issues/465"],
    file: forward,
    find: "const first = slidingWindow === null ? 0",
    replace: "const first = slidingWindow === null || l === 0 ? 0",
    needs: "more tokens than the window",
  },
  {
    id: "window-of-the-first-layer-for-all",
    bug: "the mask is made anew in the first layer only: the others go on with another one",
    rows: [58],
    links: ["https://github.com/ml-explore/mlx-lm/issues/39"],
    file: forward,
    find: "const first = slidingWindow === null ? 0",
    replace: "const first = slidingWindow === null || l > 0 ? 0",
    needs: "more tokens than the window, two layers",
  },
  {
    id: "window-mask-added-to-the-scores",
    bug: "a boolean mask is added to the scores, as 0 and 1, in place of choosing among them",
    rows: [59],
    links: [
      "https://github.com/ml-explore/mlx-lm/issues/27",
      "https://github.com/ml-explore/mlx-lm/issues/121",
    ],
    file: "src/math/attention.ts",
    find: `const base = (Math.floor(n / groupSize) * cache.capacity + first) * headDim;
      score(scores, query, n * headDim, cache.keys, base, headDim, length);`,
    replace: `const length = last + 1;
      const base = Math.floor(n / groupSize) * cache.capacity * headDim;
      score(scores, query, n * headDim, cache.keys, base, headDim, length);
      for (let j = first; j < length; j++) scores[j] += 1;`,
    needs: "more tokens than the window",
  },
  {
    id: "window-one-short-once-wrapped",
    bug: "a rotating cache keeps one token less than the window, once it has wrapped",
    rows: [60],
    links: ["https://github.com/ml-explore/mlx-examples/issues/1093"],
    file: forward,
    find: first,
    replace: `const w = slidingWindow ?? Number.POSITIVE_INFINITY;
    const first = Math.min(index, Math.max(0, index - w + (index > w ? 2 : 1)));`,
    needs: "a window of at least 2 that has wrapped once",
  },
  {
    id: "window-rolls-when-it-is-full",
    bug: "the cache is rolled one step too early, when the length reaches the window",
    rows: [61],
    links: ["https://github.com/huggingface/transformers/issues/37574"],
    file: forward,
    find: first,
    replace: `const w = slidingWindow ?? Number.POSITIVE_INFINITY;
    const first = Math.min(index, index === w - 1 ? 1 : Math.max(0, index - w + 1));`,
    needs: "as many tokens as the window, at least 2",
  },
  {
    id: "window-trimmed-by-whole-chunks",
    bug: "the cache is trimmed by whole chunks of four: tokens of the window are dropped with the rest",
    rows: [62],
    links: [
      "https://github.com/ml-explore/mlx-lm/issues/108",
      "https://github.com/ml-explore/mlx-lm/issues/1673",
    ],
    file: forward,
    find: first,
    replace: `const w = slidingWindow ?? Number.POSITIVE_INFINITY;
    const first = Math.min(index, 4 * Math.ceil(Math.max(0, index - w + 1) / 4));`,
    needs: "more tokens than the window, by no multiple of four",
  },
  {
    id: "window-missing",
    bug: "the window is not applied at all",
    rows: [64],
    links: ["https://github.com/ggml-org/llama.cpp/issues/8227"],
    file: forward,
    find: first,
    replace: "const first = 0;",
    needs: "more tokens than the window",
  },
  {
    id: "window-by-absolute-positions",
    bug: "absolute positions are compared with places of a rotating cache: all is masked in long prompts",
    rows: [66],
    links: ["https://github.com/Blaizzy/mlx-vlm/issues/1138"],
    file: forward,
    find: first,
    replace: `const w = slidingWindow ?? Number.POSITIVE_INFINITY;
    const first = index >= 2 * w ? index : Math.max(0, index - w + 1);`,
    needs: "twice as many tokens as the window, of at least 2",
  },
  {
    id: "window-without-the-token-itself",
    bug: "the window holds so many tokens besides the one that looks",
    rows: [],
    links: [],
    file: forward,
    find: "Math.max(0, index - slidingWindow + 1);",
    replace: "Math.max(0, index - Math.max(1, slidingWindow - 1) + 1);",
    needs: "as many tokens as the window, at least 2",
  },
];
