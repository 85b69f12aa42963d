import type { Mutant } from "./mutant.ts";

/** The loss: labels, ignored positions, and the mean. */
export const losses: readonly Mutant[] = [
  {
    id: "loss-labels-not-shifted",
    bug: "a position is compared with its own label: a copy of the input has no loss",
    rows: [202],
    links: [
      "https://github.com/huggingface/transformers/issues/27517",
      "https://github.com/huggingface/transformers/issues/47394",
    ],
    file: "src/training/loss.ts",
    find: "return labels.slice(1);",
    replace: "return labels.slice(0, -1);",
    needs: "any batch",
  },
  {
    id: "loss-labels-shifted-twice",
    bug: "labels are shifted by the loss and once more: the token after the next is learned",
    rows: [202],
    links: ["https://github.com/huggingface/transformers/issues/47394"],
    file: "src/training/loss.ts",
    find: "return labels.slice(1);",
    replace: "return [...labels.slice(2), IGNORED];",
    needs: "three tokens",
  },
  {
    id: "loss-mean-of-means",
    bug: "the loss is the mean of the rows' means: a token of a short row weighs more",
    rows: [201],
    links: [
      "https://github.com/huggingface/transformers/issues/24725",
      "https://github.com/huggingface/trl/issues/2175",
    ],
    file: "src/training/gradients.ts",
    find: "rows[i], 1 / counted)",
    replace:
      "rows[i], 1 / (batch.length * Math.max(1, rows[i].filter((one) => one !== IGNORED).length)))",
    needs: "rows of different lengths",
  },
  {
    id: "loss-ignored-labels-counted",
    bug: "the sum of the losses is divided by all labels, the ignored ones too",
    rows: [],
    links: [],
    file: "src/training/gradients.ts",
    find: "rows.flat().filter((target) => target !== IGNORED).length;",
    replace: "rows.flat().length;",
    needs: "an ignored label",
  },
  {
    id: "loss-gradient-without-target",
    bug: "the gradient of the logits is the softmax, and nothing is taken off at the target",
    rows: [],
    links: [],
    file: "src/training/loss.ts",
    find: "gradient[t * V + target] -= scale;",
    replace: "gradient[t * V + target] -= 0;",
    needs: "any batch",
  },
];
