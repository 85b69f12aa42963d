import type { Mutant } from "./mutant.ts";
import { bothAppends, sequenceStart, stepAt, switched } from "./sites.ts";

const decoder = "src/reference/reference-decoder.ts";
const forward = "src/reference/forward.ts";

/** Positions: of a call, of a cache, and of a table of positions. */
export const positions: readonly Mutant[] = [
  {
    id: "position-lost-in-single-steps",
    bug: "learned positions are added only in calls of several tokens",
    rows: [1],
    links: ["https://github.com/ml-explore/mlx-lm/issues/93"],
    file: decoder,
    find: sequenceStart,
    replace: switched(
      "new ReferencePass(config, { ...weights, embedPositions: null }, attention)",
      "tokens.length === 1",
    ),
    needs: "learned positions and a call of one token",
  },
  {
    id: "position-of-chunk-stands-still",
    bug: "all tokens of a chunk on a cache are placed at the chunk's first position",
    rows: [5],
    links: ["https://github.com/jundot/omlx/issues/2363"],
    file: decoder,
    find: bothAppends,
    replace: stepAt("this.#length", "(start > 0 ? start : i)"),
    needs: "a chunk of several tokens on a cache that is not empty",
  },
  {
    id: "position-counts-the-token-itself",
    bug: "decoding begins one place too far: a hole in the cache is attended, RoPE is one step ahead",
    rows: [6],
    links: ["https://github.com/microsoft/onnxruntime-genai/issues/2354"],
    file: decoder,
    find: bothAppends,
    replace: stepAt(
      "this.#length + late",
      "this.#length + late",
      `this.#cache.prefilled ??= tokens.length;
    const late = start < this.#cache.prefilled ? 0 : 1;`,
    ),
    needs: "a decode step after a prefill",
  },
  {
    id: "position-is-the-call-number",
    bug: "a call starts at the number of calls so far instead of the number of tokens",
    rows: [8],
    links: ["https://github.com/huggingface/candle/issues/1791"],
    file: decoder,
    find: bothAppends,
    replace: stepAt(
      "this.#length",
      "(this.#cache.calls + i)",
      "this.#cache.calls = (this.#cache.calls ?? -1) + 1;",
    ),
    needs: "a prompt of several tokens, then another call",
  },
  {
    id: "position-table-too-short",
    bug: "RoPE's table ends before the context does: what lies behind it is read instead",
    rows: [31],
    links: ["https://github.com/pegainfer-project/pegainfer/issues/220"],
    file: forward,
    find: "if (this.#frequencies === null) return;",
    replace: "if (this.#frequencies === null || position >= 16) return;",
    needs: "RoPE and a position beyond the table",
  },
  {
    id: "position-table-short-in-decode",
    bug: "the length of RoPE's table is a constant while decoding, and positions stop at its end",
    rows: [32],
    links: ["https://github.com/hyprstream/hyprstream/issues/1546"],
    file: decoder,
    find: bothAppends,
    replace: stepAt(
      "this.#length",
      "(tokens.length === 1 ? Math.min(this.#length, 7) : this.#length)",
    ),
    needs: "a decode step beyond the table",
  },
  {
    id: "position-base-by-length",
    bug: "the base of RoPE changes when a sequence outgrows the trained length; cached keys keep the old",
    rows: [23],
    links: ["https://github.com/huggingface/transformers/issues/25104"],
    file: decoder,
    find: sequenceStart,
    replace: switched(
      "new ReferencePass({ ...config, ropeScaling: null }, weights, attention)",
      "sequence.length + tokens.length <= (config.ropeScaling?.originalMaxPositionEmbeddings ?? 0)",
    ),
    needs: "scaled RoPE",
  },
  {
    id: "position-base-not-reset",
    bug: "the base of RoPE that a long sequence needed is kept for the short one after it",
    rows: [24],
    links: ["https://github.com/huggingface/transformers/issues/27227"],
    file: forward,
    find: "const angle = position * this.#frequencies[i];",
    replace: `const last = position === this.#config.maxPositionEmbeddings - 1;
      this.grown ||= last;
      const angle = (position * this.#frequencies[i]) / (this.grown && !last ? 2 : 1);`,
    needs: "RoPE, a sequence that fills the context, then another one",
  },
  {
    id: "position-rewind-keeps-counting",
    bug: "after a rewind, positions go on from where they were before it",
    rows: [],
    links: [],
    file: decoder,
    find: "checkRewind(this.#length, length);",
    replace: `checkRewind(this.#length, length);
    this.#position += Math.min(1, this.#length - length);`,
    needs: "an append after a rewind",
  },
  {
    id: "position-shifted-everywhere",
    bug: "RoPE counts positions from 1",
    rows: [],
    links: [],
    file: forward,
    find: "this.#turn(position);",
    replace: "this.#turn(position + 1);",
    needs: "nothing shows it: scores depend on distances alone",
  },
  {
    id: "position-learned-one-late",
    bug: "learned positions are read one row too late, but for the last",
    rows: [],
    links: [],
    file: forward,
    find: "x[d] += embedPositions[position * D + d];",
    replace:
      "x[d] += embedPositions[Math.min(position + 1, embedPositions.length / D - 1) * D + d];",
    needs: "learned positions",
  },
];
