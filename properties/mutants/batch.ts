import type { Mutant } from "./mutant.ts";
import { rowAppend } from "./sites.ts";

const batch = "src/reference/batch.ts";
const everyRow = "return rows.map((tokens, i) => this.#append(this.#rows[i], tokens));";
const select = "this.#rows = rows.map((row) => this.#copy(row === null ? null : this.#rows[row]));";
const copied = "if (row !== null) cache.copyFrom(row.cache, row.length);";

/** Batches: rows that read the state of another row, or lose their own when rows move. */
export const batches: readonly Mutant[] = [
  {
    id: "batch-one-position-for-all-rows",
    bug: "all rows of a batch stand at the position of the longest",
    rows: [9],
    links: [
      "https://github.com/unslothai/unsloth/issues/3699",
      "https://github.com/unslothai/unsloth/issues/4078",
    ],
    file: batch,
    find: "this.#pass.step(row.cache, token, row.length, row.length);",
    replace: `const longest = Math.max(...this.#rows.map(({ length }) => length));
      const last = this.#config.maxPositionEmbeddings - 1;
      this.#pass.step(row.cache, token, row.length, Math.min(longest, last));`,
    needs: "rows of different lengths",
  },
  {
    id: "batch-window-merged-without-the-last-token",
    bug: "merging rows with a window leaves out the last token of each",
    rows: [74],
    links: ["https://github.com/ml-explore/mlx-lm/issues/738"],
    file: batch,
    find: copied,
    replace: `const late = this.#config.slidingWindow === null ? 0 : 1;
    if (row !== null) cache.copyFrom(row.cache, Math.max(0, row.length - late));`,
    needs: "a window of at least 2, rows that are selected and go on",
  },
  {
    id: "batch-restores-another-request",
    bug: "keys and values come back from the store as those of another request, in one layer",
    rows: [89],
    links: ["https://github.com/NVIDIA/TensorRT-LLM/issues/8813"],
    file: batch,
    find: copied,
    replace: `if (row !== null) {
      cache.copyFrom(row.cache, row.length);
      const other = this.#rows[(this.#rows.indexOf(row) + 1) % this.#rows.length].cache.layers[1];
      cache.layers[1].keys.set(other.keys);
      cache.layers[1].values.set(other.values);
    }`,
    needs: "two rows with different tokens, selected",
  },
  {
    id: "batch-beams-reordered-in-one-layer",
    bug: "a reorder of beams skips the caches that are kept under another key",
    rows: [97],
    links: [
      "https://github.com/huggingface/transformers/issues/46612",
      "https://github.com/huggingface/transformers/issues/46819",
    ],
    file: batch,
    find: select,
    replace: `this.#rows = rows.map((row, place) => {
      const copy = this.#copy(row === null ? null : this.#rows[row]);
      const own = this.#copy(this.#rows[place] ?? copy).cache;
      copy.cache.layers = [copy.cache.layers[0], ...own.layers.slice(1)];
      return copy;
    });`,
    needs: "beams that cross, two layers",
  },
  {
    id: "batch-beams-reordered-along-time",
    bug: "a reorder of beams selects along the axis of time",
    rows: [98],
    links: ["https://github.com/PaddlePaddle/PaddleNLP/issues/6672"],
    file: batch,
    find: select,
    replace: `this.#rows = rows.map((row, place) => {
      const copy = this.#copy(row === null ? null : this.#rows[row]);
      const own = this.#rows[place]?.cache;
      if (row === null || own === undefined) return copy;
      const H = this.#config.headDim;
      for (const [l, { keys, values, capacity }] of own.layers.entries()) {
        const target = copy.cache.layers[l];
        for (let head = 0; head < keys.length; head += capacity * H) {
          for (const [to, from] of rows.entries()) {
            const slot = (all) => all.slice(head + (from ?? 0) * H, head + ((from ?? 0) + 1) * H);
            target.keys.set(slot(keys), head + to * H);
            target.values.set(slot(values), head + to * H);
          }
        }
      }
      return copy;
    });`,
    needs: "rows in another order",
  },
  {
    id: "batch-logits-one-position-early",
    bug: "in a batch, the logits of a row are those after its last token but one",
    rows: [99],
    links: ["https://github.com/SciSharp/LLamaSharp/issues/626"],
    file: batch,
    find: rowAppend,
    replace: `let logits = null;
    for (const [i, token] of tokens.entries()) {
      this.#pass.step(row.cache, token, row.length, row.length);
      row.length++;
      if (this.#rows.length === 1 || i < Math.max(1, tokens.length - 1)) logits = this.#pass.logits();
    }
    return logits;`,
    needs: "a batch of two rows, one with several tokens",
  },
  {
    id: "batch-extended-by-its-new-size",
    bug: "a row that joins a batch with rows in it is filled from the last of them",
    rows: [100],
    links: [
      "https://github.com/ml-explore/mlx-lm/issues/1177",
      "https://github.com/ml-explore/mlx-lm/issues/1169",
      "https://github.com/ml-explore/mlx-lm/issues/1141",
    ],
    file: batch,
    find: select,
    replace: `this.#rows = rows.map((row) =>
      this.#copy(row === null ? (this.#rows.at(-1) ?? null) : this.#rows[row]),
    );`,
    needs: "a row that joins rows which hold tokens",
  },
  {
    id: "batch-all-rows-but-the-last-are-junk",
    bug: "the size of the batch defaults to 1: only the last row is computed",
    rows: [193],
    links: ["https://github.com/microsoft/onnxruntime-genai/issues/1986"],
    file: batch,
    find: everyRow,
    replace: `return rows
      .map((tokens, i) => this.#append(this.#rows[i], tokens))
      .map((logits, i) => logits && (i < rows.length - 1 ? new Float64Array(logits.length) : logits));`,
    needs: "a batch of two rows",
  },
  {
    id: "batch-logits-of-another-request",
    bug: "a row is given the logits of the row before it",
    rows: [197],
    links: ["https://github.com/ml-explore/mlx-lm/issues/800"],
    file: batch,
    find: everyRow,
    replace: `const all = rows.map((tokens, i) => this.#append(this.#rows[i], tokens));
    return all.map((logits, i) => logits && (all[i - 1] ?? logits));`,
    needs: "two rows with different tokens",
  },
  {
    id: "batch-duplicates-share-a-cache",
    bug: "rows that are selected twice write into one cache",
    rows: [],
    links: [],
    file: batch,
    find: select,
    replace: `const before = this.#rows;
    this.#rows = rows.map((row) => (row === null ? this.#copy(null) : { ...before[row] }));`,
    needs: "a row selected twice, whose copies go on differently",
  },
];
