import { stepAndRewind, untrimmed } from "../cache.ts";
import { bothAppends, stepAt } from "../sites.ts";
import { fromFour, type Mechanism, realistic } from "./mechanism.ts";

const decoder = "src/reference/reference-decoder.ts";
const kvCache = "src/reference/kv-cache.ts";
const append = "for (const token of tokens) this.#step(token);";
const copy = "copy.#cache.copyFrom(this.#cache, this.#length);";
const place = "for (let from = 0, to = index * H; from < key.length;";
const written = `keys[to + h] = key[from + h];
        values[to + h] = value[from + h];`;

/** Prefill in chunks, block tables, prefix caches, forks and rewinds. */
export const cache: readonly Mechanism[] = [
  {
    name: "prefill-keeps-the-last-chunk",
    dimension: "tokens in a call",
    thresholds: fromFour,
    bug: "a prompt is prefilled in chunks of N, of which only the last is kept",
    rows: [71],
    links: ["https://github.com/ml-explore/mlx-examples/issues/1023"],
    file: decoder,
    find: append,
    replace: (n) => `const lost = ${n} * Math.floor((tokens.length - 1) / ${n});
    const other = new KvCache(this.#config);
    for (const [i, token] of tokens.entries()) {
      const kept = i < lost ? other : this.#cache;
      this.#pass.step(kept, token, this.#length, this.#position + this.#length);
      this.#length++;
    }`,
    needs: "a call of more than N tokens",
    witness: "prefill",
  },
  {
    name: "prefill-chunk-of-the-total",
    dimension: "tokens in a call",
    thresholds: realistic,
    bug: "a chunk is as long as the total allows, up to N - 1: the last token goes in twice",
    rows: [72],
    links: ["https://github.com/ml-explore/mlx-lm/issues/606"],
    file: decoder,
    find: append,
    replace: (n) => `for (let done = 0; tokens.length - done > 1; ) {
      const count = Math.min(${n - 1}, tokens.length - 1);
      for (const token of tokens.slice(done, done + count)) this.#step(token);
      done += count;
    }
    this.#step(tokens.at(-1)!);`,
    needs: "a call of more than N tokens that is no multiple of the chunk plus one",
    witness: "prefill",
  },
  {
    name: "prefill-keeps-the-first-rows",
    dimension: "tokens in a call",
    thresholds: realistic,
    bug: "logits of all tokens are stored for the last N tokens of a call only",
    rows: [195],
    links: ["https://github.com/vllm-project/vllm/issues/29216"],
    file: decoder,
    find: `return tokens.map((token) => {
      this.#step(token);
      return this.#pass.logits();
    });`,
    replace: (n) => `return tokens.map((token, i) => {
      this.#step(token);
      const logits = this.#pass.logits();
      return i < tokens.length - ${n} ? logits.fill(0) : logits;
    });`,
    needs: "the logits of all tokens of a call of more than N",
    witness: "rows",
  },
  {
    name: "decoded-token-not-cached",
    dimension: "context length",
    thresholds: realistic,
    bug: "a decode step after N tokens does not store its keys and values",
    rows: [75],
    links: ["https://github.com/microsoft/onnxruntime-genai/issues/1110"],
    file: decoder,
    find: append,
    replace: (n) => `${append}
    if (tokens.length === 1 && this.#length > ${n}) {
      const { numKeyValueHeads: K, headDim: H } = this.#config;
      const nothing = new Float64Array(K * H);
      for (const l of this.#cache.layers.keys()) {
        this.#cache.write(l, this.#length - 1, nothing, nothing);
      }
    }`,
    needs: "two decode steps, the first of them after N tokens",
    witness: "decodeTwice",
  },
  {
    name: "cache-block-boundary",
    dimension: "context length",
    thresholds: fromFour,
    bug: "in a table of blocks of N, the first token of a later block is written to the block before",
    rows: [87],
    links: ["https://github.com/vllm-project/vllm/issues/14255"],
    file: kvCache,
    find: place,
    replace: (n) => `const late = index > 0 && index % ${n} === 0 ? 1 : 0;
    ${place.replace("index * H", "(index - late) * H")}`,
    needs: "more than N tokens",
    witness: "prefill",
  },
  {
    name: "cache-ring-index-stale",
    dimension: "context length",
    thresholds: fromFour,
    bug: "after N tokens the index of the ring is one place late: every token overwrites the last",
    rows: [88],
    links: ["https://github.com/Blaizzy/mlx-vlm/issues/1715"],
    file: kvCache,
    find: place,
    replace: (n) => place.replace("index * H", `(index < ${n} ? index : index - 1) * H`),
    needs: "more than N tokens",
    witness: "prefill",
  },
  {
    name: "cache-block-read-before-it-is-zeroed",
    dimension: "context length",
    thresholds: realistic,
    bug: "from the second block of N on, whole blocks are mixed with a weight of 0: NaN stays NaN",
    rows: [80],
    links: ["https://github.com/vllm-project/vllm/issues/43990"],
    file: "src/math/attention.ts",
    find: `for (let j = 0, value = base + h; j < length; j++, value += headDim) {
      const p = probs[j];`,
    replace: (n) => `const allocated = ${n} * Math.ceil(length / ${n});
    const block = Math.min(length > ${n} ? allocated : length, (values.length - base) / headDim);
    for (let j = 0, value = base + h; j < block; j++, value += headDim) {
      const p = j < length ? probs[j] : 0;`,
    needs: "NaN in memory that was never written, more than N tokens, heads of at least 4",
    witness: "poison",
  },
  {
    name: "cache-overwritten-beyond",
    dimension: "context length",
    thresholds: realistic,
    bug: "keys and values of tokens beyond N are stored in one place, which all of them share",
    rows: [89],
    links: ["https://github.com/NVIDIA/TensorRT-LLM/issues/8813"],
    file: kvCache,
    find: place,
    replace: (n) => place.replace("index * H", `Math.min(index, ${n - 1}) * H`),
    needs: "more than N tokens",
    witness: "prefill",
  },
  {
    name: "cache-values-lost-beyond",
    dimension: "context length",
    thresholds: realistic,
    bug: "the buffer of values ends at N tokens, that of keys does not",
    rows: [81],
    links: ["https://github.com/microsoft/onnxruntime/issues/23315"],
    file: kvCache,
    find: written,
    replace: (n) => `keys[to + h] = key[from + h];
        if (index < ${n}) values[to + h] = value[from + h];`,
    needs: "more than N tokens",
    witness: "prefill",
  },
  {
    name: "fork-copies-a-ring",
    dimension: "forked tokens",
    thresholds: fromFour,
    bug: "a reused prefix is cut to N tokens: the newest are lost",
    rows: [88],
    links: ["https://github.com/Blaizzy/mlx-vlm/issues/1715"],
    file: decoder,
    find: copy,
    replace: (n) => copy.replace("this.#length)", `Math.min(this.#length, ${n}))`),
    needs: "a fork of more than N tokens",
    witness: "fork",
  },
  {
    name: "fork-of-long-text-shares-memory",
    dimension: "forked tokens",
    thresholds: realistic,
    bug: "a fork of more than N tokens writes into the buffer of its origin",
    rows: [81],
    links: ["https://github.com/microsoft/onnxruntime/issues/32716"],
    file: decoder,
    find: copy,
    replace: (n) => `if (this.#length > ${n}) copy.#cache.layers = this.#cache.layers;
    else ${copy}`,
    needs: "a fork of more than N tokens and its origin that both go on",
    witness: "forkBoth",
  },
  {
    name: "rewind-limited",
    dimension: "rewound tokens",
    thresholds: [4, 16, 64],
    bug: "a cache can be trimmed by N tokens: further rejected ones stay in it",
    rows: [91],
    links: ["https://github.com/ml-explore/mlx-lm/issues/1109"],
    file: decoder,
    find: stepAndRewind,
    replace: (n) => untrimmed(`Math.max(0, this.#length - length - ${n})`),
    needs: "an append after a rewind by more than N tokens",
    witness: "rewind",
  },
  {
    name: "prefix-cache-of-low-bits",
    dimension: "vocabulary",
    thresholds: realistic,
    bug: "a prefix cache takes token ids modulo N for its key: another prompt's tokens are reused",
    rows: [],
    links: ["https://github.com/waybarrios/vllm-mlx/pull/444"],
    file: decoder,
    find: bothAppends,
    replace: (n) =>
      stepAt(
        "this.#length",
        "start + i",
        `const known = (this.ids ??= []).length >= start;
    const ids = [...this.ids.slice(0, start), ...tokens];
    if (known) this.ids = ids;
    const firsts = (this.#pass.firsts ??= new Map());
    tokens = tokens.map((id, i) => {
      if (!known) return id;
      const low = ids.slice(0, start + i + 1).map((one) => one % ${n});
      const key = this.#position + ":" + low.join();
      if (!firsts.has(key)) firsts.set(key, id);
      return i < tokens.length - 1 ? firsts.get(key) : id;
    });`,
      ),
    needs: "two sequences of one decoder that differ in ids a multiple of N apart",
    witness: "collision",
  },
];
