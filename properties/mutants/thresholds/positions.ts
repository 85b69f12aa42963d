import { bothAppends, sequenceStart, stepAt } from "../sites.ts";
import { fromFour, type Mechanism, realistic } from "./mechanism.ts";

const forward = "src/reference/forward.ts";
const decoder = "src/reference/reference-decoder.ts";
const attend =
  "this.#attention.attend(this.#mixed, this.#query, cache.layers[l], H, first, index);";
const angle = "const angle = position * this.#frequencies[i];";

/** Positions and masks: tables that end, counters that overflow, masks of a fixed size. */
export const positions: readonly Mechanism[] = [
  {
    name: "rope-table-ends",
    dimension: "position",
    thresholds: fromFour,
    bug: "the table of RoPE holds N positions: all later ones use the last",
    rows: [31],
    links: ["https://github.com/pegainfer-project/pegainfer/issues/220"],
    file: forward,
    find: angle,
    replace: (n) => `const angle = Math.min(position, ${n - 1}) * this.#frequencies[i];`,
    needs: "RoPE and more than N tokens",
    witness: "prefill",
  },
  {
    name: "rope-table-of-decode-ends",
    dimension: "position",
    thresholds: realistic,
    bug: "the table of RoPE of decode steps holds N positions; that of prefill holds all",
    rows: [32],
    links: ["https://github.com/hyprstream/hyprstream/issues/1546"],
    file: decoder,
    find: "for (const token of tokens) this.#step(token);",
    replace: (n) => `for (const token of tokens) {
      const given = this.#position + this.#length;
      const position = tokens.length === 1 ? Math.min(given, ${n - 1}) : given;
      this.#pass.step(this.#cache, token, this.#length, position);
      this.#length++;
    }`,
    needs: "RoPE and a decode step after N tokens",
    witness: "decode",
  },
  {
    name: "rope-table-wraps",
    dimension: "position",
    thresholds: fromFour,
    bug: "a position is an index of the RoPE table modulo its size N",
    rows: [31],
    links: ["https://github.com/pegainfer-project/pegainfer/issues/220"],
    file: forward,
    find: angle,
    replace: (n) => `const angle = (position % ${n}) * this.#frequencies[i];`,
    needs: "RoPE and more than N tokens",
    witness: "prefill",
  },
  {
    name: "rope-position-rounded",
    dimension: "position",
    thresholds: [16, 256],
    bug: "positions are rounded to a type whose integers are exact up to N (float8, bfloat16)",
    rows: [21],
    links: ["https://github.com/EleutherAI/gpt-neox/issues/1003"],
    file: forward,
    find: angle,
    replace: (n) => `const step = 2 ** Math.max(0, Math.floor(Math.log2(position / ${n}) + 1));
      const angle = (position < ${n} ? position : Math.floor(position / step) * step) *
        this.#frequencies[i];`,
    needs: "RoPE and a position above N that the type rounds",
    witness: "afterPrefill",
  },
  {
    name: "rope-base-grows",
    dimension: "context length",
    thresholds: realistic,
    bug: "beyond N tokens RoPE has another base; cached keys keep the former one",
    rows: [23],
    links: ["https://github.com/huggingface/transformers/issues/25104"],
    file: forward,
    find: angle,
    replace: (n) =>
      `const angle = (position * this.#frequencies[i]) / Math.max(1, (position + 1) / ${n});`,
    needs: "RoPE and more than N tokens",
    witness: "prefill",
  },
  {
    name: "learned-table-ends",
    dimension: "position",
    thresholds: realistic,
    bug: "only N rows of learned positions are in memory: later tokens have none",
    rows: [1, 31],
    links: ["https://github.com/pegainfer-project/pegainfer/issues/220"],
    file: forward,
    find: "for (let d = 0; d < D; d++) x[d] += embedPositions[position * D + d];",
    replace: (n) =>
      `if (position < ${n}) for (let d = 0; d < D; d++) x[d] += embedPositions[position * D + d];`,
    needs: "learned positions and more than N tokens",
    witness: "learned",
  },
  {
    name: "position-stops-in-a-call",
    dimension: "tokens in a call",
    thresholds: fromFour,
    bug: "positions within one call advance up to the Nth token only",
    rows: [5],
    links: ["https://github.com/jundot/omlx/issues/2363"],
    file: decoder,
    find: bothAppends,
    replace: (n) => stepAt("this.#length", `start + Math.min(i, ${n - 1})`),
    needs: "RoPE or learned positions and a call of more than N tokens",
    witness: "prefill",
  },
  {
    name: "position-of-start-capped",
    dimension: "position",
    thresholds: realistic,
    bug: "the caller's first position is used up to N only",
    rows: [13],
    links: ["https://github.com/thu-nics/C2C/issues/19"],
    file: decoder,
    find: sequenceStart,
    replace: (n) => sequenceStart.replace("pass, position)", `pass, Math.min(position, ${n}))`),
    needs: "learned positions and a start at a position above N",
    witness: "offset",
  },
  {
    name: "mask-square",
    dimension: "context length",
    thresholds: fromFour,
    bug: "the causal mask is N x N: later keys are masked for every query",
    rows: [47],
    links: ["https://github.com/meta-llama/llama/issues/899"],
    file: forward,
    find: attend,
    replace: (n) => {
      const last = `Math.max(first, Math.min(index, ${n - 1}))`;
      return attend.replace("first, index)", `first, ${last})`);
    },
    needs: "more than N tokens",
    witness: "prefill",
  },
  {
    name: "mask-full-at-a-tile",
    dimension: "context length",
    thresholds: realistic,
    bug: "causality is applied twice: the first row of every tile of N but the first is NaN",
    rows: [53],
    links: ["https://github.com/huggingface/candle/issues/3625"],
    file: forward,
    find: attend,
    replace: (n) => `${attend}
    if (index > 0 && index % ${n} === 0) this.#mixed.fill(Number.NaN);`,
    needs: "more than N tokens",
    witness: "prefill",
  },
  {
    name: "mask-of-the-allocated-length",
    dimension: "context length",
    thresholds: fromFour,
    bug: "beyond its first N places the cache is attended to up to its allocated length",
    rows: [70],
    links: ["https://github.com/ml-explore/mlx-examples/issues/763"],
    file: forward,
    find: attend,
    replace: (n) => {
      const allocated = `${n} * Math.ceil((index + 1) / ${n})`;
      const last = `index < ${n} ? index : Math.min(cache.layers[l].capacity, ${allocated}) - 1`;
      return attend.replace("first, index)", `first, ${last})`);
    },
    needs: "more than N tokens, fewer than fill the cache",
    witness: "prefill",
  },
];
