import type { Mutant } from "./mutant.ts";
import { batchRowThatSees, bothAppends, rowAppend, rowsThatSee } from "./sites.ts";

const decoder = "src/reference/reference-decoder.ts";
const batch = "src/reference/batch.ts";

/** The correct mask: token t attends to token s, at most w positions back. */
const right = "s <= t && (w === null || s > t - w)";

/** The causal mask and its offset on a rectangle of scores. */
export const masks: readonly Mutant[] = [
  {
    id: "mask-inverted",
    bug: "the polarity of the causal mask is inverted: what stands before a token is hidden from it",
    rows: [41],
    links: ["https://github.com/huggingface/candle/commit/97424289d"],
    file: decoder,
    find: bothAppends,
    replace: rowsThatSee("s > t"),
    needs: "a call of two tokens, compared at every position",
  },
  {
    id: "mask-all-ones",
    bug: "the mask hides nothing: its lower triangle was never taken",
    rows: [42],
    links: ["https://github.com/huggingface/candle/commit/25bcad290"],
    file: decoder,
    find: bothAppends,
    replace: rowsThatSee("true"),
    needs: "a call of two tokens, compared at every position",
  },
  {
    id: "mask-made-with-the-cache-only",
    bug: "without a cache there is no mask: in the first call all tokens see each other",
    rows: [43],
    links: ["https://github.com/meta-pytorch/torchtune/issues/959"],
    file: decoder,
    find: bothAppends,
    replace: rowsThatSee(`start === 0 || (${right})`),
    needs: "a first call of two tokens, compared at every position",
  },
  {
    id: "mask-skipped-with-a-cache",
    bug: "with a cache there is no mask in a prefill of several tokens, and the leak goes into the keys",
    rows: [44],
    links: ["https://github.com/Mikyx-1/TinyLLM/issues/18"],
    file: decoder,
    find: bothAppends,
    replace: rowsThatSee(`tokens.length > 1 || (${right})`, true),
    needs: "a prefill of two tokens",
  },
  {
    id: "mask-of-the-batch-axis",
    bug: "the mask is as large as the batch: tokens beyond that size see all others",
    rows: [45],
    links: ["https://github.com/sonos/torch-to-nnef/issues/217"],
    file: batch,
    find: rowAppend,
    replace: batchRowThatSees(`(s <= t || t >= B) && (w === null || s > t - w)`),
    needs: "a row with more new tokens than the batch has rows",
  },
  {
    id: "mask-square-on-a-rectangle",
    bug: "a square mask is laid over the first columns of rectangular scores",
    rows: [47],
    links: [
      "https://github.com/meta-llama/llama/issues/899",
      "https://github.com/huggingface/candle/issues/3437",
      "https://github.com/huggingface/candle/issues/3236",
    ],
    file: decoder,
    find: bothAppends,
    replace: rowsThatSee("s >= tokens.length || s <= i"),
    needs: "a chunk of several tokens on a cache that is not empty",
  },
  {
    id: "mask-aligned-to-the-top-left",
    bug: "the causal mask begins at the first key: a single cached query sees only that one",
    rows: [49],
    links: ["https://github.com/lucidrains/x-transformers/issues/187"],
    file: decoder,
    find: bothAppends,
    replace: rowsThatSee(`tokens.length === 1 ? s <= i : ${right}`),
    needs: "a decode step on a cache of two tokens",
  },
  {
    id: "mask-anchored-by-the-index",
    bug: "the mask counts rows of the call, not positions: a chunk on a cache sees the first keys only",
    rows: [51],
    links: ["https://github.com/onnx/onnx/issues/8054"],
    file: decoder,
    find: bothAppends,
    replace: rowsThatSee(`tokens.length > 1 ? s <= i : ${right}`),
    needs: "a chunk of several tokens on a cache that is not empty",
  },
  {
    id: "mask-filled-for-one-row",
    bug: "the mask is filled for the first row of a batch: the others are masked by what lies behind it",
    rows: [52],
    links: [
      "https://github.com/huggingface/candle/issues/3879",
      "https://github.com/huggingface/candle/issues/3586",
    ],
    file: batch,
    find: rowAppend,
    replace: batchRowThatSees(`place === 0 ? ${right} : s % 2 === 0`),
    needs: "a batch of two rows, the second with three tokens",
  },
  {
    id: "mask-without-a-batch-axis",
    bug: "with grouped queries the mask has no batch axis: all rows use that of the first",
    rows: [101],
    links: ["https://github.com/ml-explore/mlx-lm/issues/1467"],
    file: batch,
    find: rowAppend,
    replace: batchRowThatSees(
      `this.#config.numKeyValueHeads < this.#config.numAttentionHeads && place > 0
        ? s < this.#rows[0].length : ${right}`,
    ),
    needs: "a batch of two rows, the second longer, and fewer key-value heads than heads",
  },
  {
    id: "mask-offset-of-the-allocation",
    bug: "a second chunk is offset by what the cache has allocated, and sees places never written",
    rows: [70],
    links: ["https://github.com/ml-explore/mlx-examples/issues/763"],
    file: decoder,
    find: bothAppends,
    replace: rowsThatSee(
      `(${right}) || (tokens.length > 1 && start > 0 && s >= start + tokens.length)`,
      false,
      "this.#config.maxPositionEmbeddings",
    ),
    needs: "a second chunk of several tokens",
  },
  {
    id: "mask-window-of-the-buffer",
    bug: "the window of a chunk on a cache is measured from the buffer's end, for all its tokens",
    rows: [65],
    links: ["https://github.com/lablup/mlxcel/issues/1776"],
    file: decoder,
    find: bothAppends,
    replace: rowsThatSee(
      `tokens.length > 1 && start > 0 && w !== null ? s <= t && s >= end - w : ${right}`,
    ),
    needs: "a window that is full, a decode step, then a chunk of several tokens",
  },
];
