import { fromFour, type Mechanism, realistic } from "./mechanism.ts";

const batch = "src/reference/batch.ts";
const generate = "src/generation/generate.ts";
const results = "return rows.map((tokens, i) => this.#append(this.#rows[i], tokens));";
const named = results.replace("return", "const all =");
const step = "this.#pass.step(row.cache, token, row.length, row.length);";
const counted = "row.filter((_, column) => counts[i][column])";

/** Batches of many rows, and of wide rows. */
export const batches: readonly Mechanism[] = [
  {
    name: "batch-last-tile-dropped",
    dimension: "batch rows",
    thresholds: fromFour,
    bug: "a batch above N rows runs in tiles of N, and the rows of the incomplete last tile stay 0",
    rows: [193],
    links: ["https://github.com/microsoft/onnxruntime-genai/issues/1986"],
    file: batch,
    find: results,
    replace: (n) => `${named}
    const whole = rows.length > ${n} ? ${n} * Math.floor(rows.length / ${n}) : rows.length;
    return all.map((row, i) => (row === null || i < whole ? row : row.map(() => 0)));`,
    needs: "a batch of more than N rows, no multiple of N",
    witness: "batch",
  },
  {
    name: "batch-row-index-wraps",
    dimension: "batch rows",
    thresholds: realistic,
    bug: "the index of a row is kept modulo N: a row receives the logits of another",
    rows: [197],
    links: ["https://github.com/ml-explore/mlx-lm/issues/800"],
    file: batch,
    find: results,
    replace: (n) => `${named}
    return all.map((row, i) => row && (all[i % ${n}] ?? row));`,
    needs: "a batch of more than N rows",
    witness: "batch",
  },
  {
    name: "batch-shared-position",
    dimension: "batch rows",
    thresholds: realistic,
    bug: "rows beyond N have the position of the first row",
    rows: [9],
    links: ["https://github.com/unslothai/unsloth/issues/3699"],
    file: batch,
    find: step,
    replace: (n) => `const shared = this.#rows.indexOf(row) < ${n} ? row : this.#rows[0];
      this.#pass.step(row.cache, token, row.length, shared.length);`,
    needs: "RoPE or learned positions, a batch of more than N rows of different lengths",
    witness: "batch",
  },
  {
    name: "batch-mask-of-the-first-rows",
    dimension: "batch rows",
    thresholds: realistic,
    bug: "the mask buffer is filled for N rows: tokens of later rows see themselves only",
    rows: [52],
    links: ["https://github.com/huggingface/candle/issues/3879"],
    file: batch,
    find: step,
    replace: (n) => `if (this.#rows.indexOf(row) < ${n}) ${step}
      else this.#pass.step(new KvCache(this.#config), token, 0, row.length);`,
    needs: "a batch of more than N rows, rows of at least 2 tokens",
    witness: "batch",
  },
  {
    name: "batch-padding-of-another-row",
    dimension: "batch rows",
    thresholds: realistic,
    bug: "rows beyond N are padded as row N is",
    rows: [101],
    links: ["https://github.com/ml-explore/mlx-lm/issues/1467"],
    file: batch,
    find: counted,
    replace: (n) => counted.replace("counts[i]", `counts[Math.min(i, ${n - 1})]`),
    needs: "a padded batch of more than N rows whose padding differs",
    witness: "padded",
  },
  {
    name: "padding-visible-beyond-a-column",
    dimension: "padded width",
    thresholds: realistic,
    bug: "the mask of padding has N columns: padding in later columns is a token",
    rows: [12],
    links: ["https://github.com/thu-nics/C2C/issues/19"],
    file: batch,
    find: counted,
    replace: (n) => counted.replace("counts[i][column]", `column >= ${n} || counts[i][column]`),
    needs: "padding after the first N columns",
    witness: "paddedWide",
  },
  {
    name: "beams-beyond-not-reordered",
    dimension: "batch rows",
    thresholds: realistic,
    bug: "the reorder of beams is skipped without an error for rows beyond N",
    rows: [97],
    links: ["https://github.com/huggingface/transformers/issues/46612"],
    file: batch,
    find: "this.#rows = rows.map((row) => this.#copy(row === null ? null : this.#rows[row]));",
    replace: (n) => `this.#rows = rows.map((row, i) =>
      this.#copy(row === null ? null : this.#rows[i < ${n} || i >= B ? row : i]),
    );`,
    needs: "a batch of more than N rows that is reordered",
    witness: "select",
  },
  {
    name: "batch-finished-flag-wraps",
    dimension: "batch rows",
    thresholds: [16, 64],
    bug: "the flags of finished rows are N bits: the end of row i also ends row i + N",
    rows: [185],
    links: ["https://github.com/2000ZRL/SOKE/issues/7"],
    file: generate,
    find: "if (ends[row] !== null) continue;",
    replace: (n) => `if (ends[row] !== null) continue;
      if (row >= ${n} && ends[row % ${n}] !== null) {
        const tokens = [...rows[row].prompt, ...newTokens[row]];
        ends[row] = { tokens, newTokens: newTokens[row], finishReason: "eos", tokenSteps: 0 };
        continue;
      }`,
    needs: "more than N rows, of which one ends earlier than the row N after it",
    witness: "batchEnds",
  },
  {
    name: "batch-seed-of-a-slot",
    dimension: "batch rows",
    thresholds: [16, 64],
    bug: "there are N random streams: row i and row i + N draw from the same",
    rows: [179],
    links: ["https://github.com/tenstorrent/tt-metal/issues/53802"],
    file: generate,
    find: `const streams = rows.map(({ prompt, random }) =>
    generateStream(decoder, prompt, random === undefined ? options : { ...options, random }),
  );`,
    replace: (n) => `const streams = rows.map(({ prompt }, slot) => {
    const { random } = rows[slot % ${n}];
    return generateStream(decoder, prompt, random === undefined ? options : { ...options, random });
  });`,
    needs: "more than N rows that draw",
    witness: "generateBatch",
  },
];
