import type { Mutant } from "./mutant.ts";

const softmax = "src/math/softmax.ts";
const forward = "src/reference/forward.ts";
const norm = "src/math/norm.ts";

/** Sums, powers and ranges of numbers: softmax, norms, precision. */
export const numerics: readonly Mutant[] = [
  {
    id: "softmax-without-the-maximum",
    bug: "the largest score is not subtracted: its power overflows",
    rows: [110],
    links: [
      "https://github.com/pytorch/executorch/issues/18407",
      "https://github.com/NVIDIA/FasterTransformer/issues/43",
      "https://github.com/intel/xFasterTransformer/issues/326",
    ],
    file: softmax,
    find: "const power = Math.exp(scores[i] - largest);",
    replace: "const power = Math.exp(scores[i]);",
    needs: "scores above 709",
  },
  {
    id: "softmax-sums-one-block",
    bug: "without a barrier the sum of a long row lacks what lies behind the first block",
    rows: [112],
    links: ["https://github.com/huggingface/candle/commit/4eeaf205d"],
    file: softmax,
    find: "sum += power;",
    replace: "if (i < 8) sum += power;",
    needs: "a row longer than the block, here eight",
  },
  {
    id: "softmax-sum-in-half-precision",
    bug: "the sum is kept in float16, where it sticks at 2048",
    rows: [113],
    links: ["https://github.com/sonos/tract/issues/2586"],
    file: softmax,
    find: "sum += power;",
    replace: "sum = Math.f16round(sum + power);",
    needs: "two scores",
  },
  {
    id: "softmax-of-nothing-is-nan",
    bug: "a row in which everything is masked gives NaN in place of an error",
    rows: [],
    links: [],
    file: softmax,
    find: `if (!Number.isFinite(largest)) {
    const got = \`the largest of \${length} scores`,
    replace: `if (Number.isNaN(largest)) {
    const got = \`the largest of \${length} scores`,
    needs: "a row of -Infinity alone",
  },
  {
    id: "softmax-base-two",
    bug: "powers of two, with scores that were not scaled for them",
    rows: [],
    links: [],
    file: softmax,
    find: "const power = Math.exp(scores[i] - largest);",
    replace: "const power = 2 ** (scores[i] - largest);",
    needs: "two different scores",
  },
  {
    id: "tanh-by-two-exponentials",
    bug: "tanh is written with two exponentials: infinity by infinity is NaN",
    rows: [114],
    links: ["https://github.com/vllm-project/vllm/issues/56579"],
    file: "src/math/activation.ts",
    find: `0.5 * x * (1 + Math.tanh(SQRT_2_OVER_PI * (x + 0.044715 * x * x * x))),`,
    replace: `{
    const y = SQRT_2_OVER_PI * (x + 0.044715 * x * x * x);
    const [up, down] = [Math.exp(y), Math.exp(-y)];
    return 0.5 * x * (1 + (Math.abs(y) < 1 ? Math.tanh(y) : (up - down) / (up + down)));
  },`,
    needs: "the tanh of GELU, and an input beyond 27",
  },
  {
    id: "log-softmax-by-way-of-softmax",
    bug: "the logarithm of a probability that has underflowed is -Infinity",
    rows: [115],
    links: ["https://github.com/huggingface/transformers.js/issues/812"],
    file: softmax,
    find: "return logProbs.map((score) => score - largest - Math.log(sum));",
    replace: "return logProbs.map((score) => Math.log(Math.exp(score - largest) / sum));",
    needs: "a logit more than 745 below the largest",
  },
  {
    id: "softmax-spreads-its-arguments",
    bug: "the largest score is found by spreading all of them: a large vocabulary overflows the stack",
    rows: [116],
    links: ["https://github.com/huggingface/transformers.js/commit/1b9fe0f2"],
    file: softmax,
    find: "for (let i = 0; i < length; i++) if (!(scores[i] <= largest)) largest = scores[i];",
    replace: "largest = Math.max(...scores.subarray(0, length));",
    needs: "more than 100,000 logits",
  },
  {
    id: "residual-overflows-half-precision",
    bug: "the residual stream ends at float16's largest number",
    rows: [121],
    links: ["https://github.com/ml-explore/mlx-lm/issues/102"],
    file: forward,
    find: "this.#x[d] += this.#output[d];",
    replace: `this.#x[d] =
        Math.abs(this.#x[d] + this.#output[d]) < 65520
          ? this.#x[d] + this.#output[d]
          : Math.sign(this.#x[d] + this.#output[d]) * Number.POSITIVE_INFINITY;`,
    needs: "a residual stream beyond 65,504",
  },
  {
    id: "norm-epsilon-outside-the-root",
    bug: "epsilon is added to the root of the mean square, not to the mean square",
    rows: [],
    links: [],
    file: norm,
    find: "const scale = 1 / Math.sqrt(squares / width + eps);",
    replace: "const scale = 1 / (Math.sqrt(squares / width) + eps);",
    needs: "RMSNorm",
  },
  {
    id: "norm-epsilon-of-another-family",
    bug: "RMSNorm has 1e-6 for an epsilon, whatever the configuration says",
    rows: [],
    links: [],
    file: norm,
    find: "const scale = 1 / Math.sqrt(squares / width + eps);",
    replace: "const scale = 1 / Math.sqrt(squares / width + 1e-6);",
    needs: "RMSNorm with another epsilon",
  },
  {
    id: "norm-variance-over-one-less",
    bug: "LayerNorm's variance is that of a sample, over D - 1",
    rows: [],
    links: [],
    file: norm,
    find: "const scale = 1 / Math.sqrt(squares / D + eps);",
    replace: "const scale = 1 / Math.sqrt(squares / Math.max(1, D - 1) + eps);",
    needs: "LayerNorm of width 2 or more",
  },
  {
    id: "erf-too-few-terms",
    bug: "the error function's series ends at a relative error of a millionth",
    rows: [],
    links: [],
    file: "src/math/erf.ts",
    find: "if (next === sum) return sum;",
    replace: "if (Math.abs(next - sum) <= 1e-6 * Math.abs(sum)) return sum;",
    needs: "GELU",
  },
];
