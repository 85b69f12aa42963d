import type { Mutant } from "./mutant.ts";

const batch = "src/reference/batch.ts";
const padded =
  "return this.append(rows.map((row, i) => row.filter((_, column) => counts[i][column])));";

/** Every column is sent with a position, an expression of `column` and of the columns `before`. */
const columnAt = (position: string) => `const before = (this.columns ??= 0);
    this.columns += rows[0]?.length ?? 0;
    const last = this.#config.maxPositionEmbeddings - 1;
    return rows.map((tokens, i) => {
      const row = this.#rows[i];
      let logits = null;
      for (const [column, token] of tokens.entries()) {
        if (!counts[i][column]) continue;
        this.#pass.step(row.cache, token, row.length, Math.min(${position}, last));
        row.length++;
        logits = this.#pass.logits();
      }
      return logits;
    });`;

/** Padded rows: the columns that count, and the positions of their tokens. */
export const padding: readonly Mutant[] = [
  {
    id: "padding-counted-by-learned-positions",
    bug: "padded rows get no positions of their own: learned ones count columns",
    rows: [10],
    links: [
      "https://github.com/ndif-team/nnsight/issues/672",
      "https://github.com/ndif-team/nnsight/issues/673",
    ],
    file: batch,
    find: padded,
    replace: columnAt(`this.#config.positions === "learned" ? before + column : row.length`),
    needs: "learned positions and padding before a token",
  },
  {
    id: "padding-told-by-its-id",
    bug: "a token with the id of padding is taken for padding",
    rows: [11],
    links: ["https://github.com/microsoft/onnxruntime-genai/issues/1694"],
    file: batch,
    find: padded,
    replace: `const hidden = rows.flatMap((row, i) => row.filter((_, column) => !counts[i][column]));
    return this.append(rows.map((row) => row.filter((token) => token !== hidden[0])));`,
    needs: "a row that holds the id of padding",
  },
  {
    id: "padding-visible-while-decoding",
    bug: "the mask is cut to one column while decoding: the padding of the prompt is seen",
    rows: [12],
    links: ["https://github.com/thu-nics/C2C/issues/19"],
    file: batch,
    find: padded,
    replace: `const kept = rows.map((row, i) => row.filter((_, column) => counts[i][column]));
    if (this.padding === undefined) {
      this.padding = rows.map((row, i) => row.filter((_, column) => !counts[i][column]));
      return this.append(kept);
    }
    return kept.map((tokens, i) => {
      const row = this.#rows[i];
      const seen = this.padding[i];
      const token = tokens[0];
      if (token === undefined) return null;
      if (row.length + seen.length >= this.#config.maxPositionEmbeddings) {
        return this.#append(row, tokens);
      }
      for (const [p, id] of seen.entries()) {
        this.#pass.step(row.cache, Math.max(0, id), row.length + p, 0);
      }
      this.#pass.step(row.cache, token, row.length + seen.length, row.length);
      const logits = this.#pass.logits();
      this.#pass.step(row.cache, token, row.length, row.length);
      row.length++;
      return logits;
    });`,
    needs: "padding, then a decode step",
  },
  {
    id: "padding-counted-while-decoding",
    bug: "the positions given are dropped after the prompt: rows jump ahead by their padding",
    rows: [13],
    links: ["https://github.com/thu-nics/C2C/issues/19"],
    file: batch,
    find: padded,
    replace: columnAt("(before === 0 ? row.length : before + column)"),
    needs: "padding, then a decode step",
  },
  {
    id: "padding-row-of-nothing-but",
    bug: "a row that sees nothing gives NaN, which stays in its keys and values",
    rows: [68],
    links: [
      "https://github.com/tracel-ai/burn/issues/4694",
      "https://github.com/robertknight/rten/issues/1321",
    ],
    file: batch,
    find: "return tokens.length === 0 ? null : this.#pass.logits();",
    replace: `if (tokens.length === 0) row.cache.poison(Math.max(0, row.length - 1));
    return tokens.length === 0 ? null : this.#pass.logits();`,
    needs: "a row that holds tokens and gets nothing but padding, then a token",
  },
  {
    id: "padding-on-the-left-only",
    bug: "the tokens of a row are taken from its right end, as many as count",
    rows: [],
    links: [],
    file: batch,
    find: padded,
    replace: `const count = (i) => counts[i].filter((counted) => counted).length;
    const room = this.#config.vocabSize - 1;
    const legal = (id) => Math.max(0, Math.min(room, id));
    return this.append(
      rows.map((row, i) => row.slice(row.length - count(i)).map(legal)),
    );`,
    needs: "padding to the right of a token",
  },
];
