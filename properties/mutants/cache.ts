import type { Mutant } from "./mutant.ts";
import { bothAppends, stepAt } from "./sites.ts";

const decoder = "src/reference/reference-decoder.ts";
const attention = "src/math/attention.ts";
export const stepAndRewind = `    this.#pass.step(this.#cache, token, this.#length, this.#position + this.#length);
    this.#length++;
  }

  async rewind(length: number): Promise<void> {
    checkRewind(this.#length, length);`;

/** After a rewind, `stale` tokens stay in the cache, and all later tokens attend to them. */
export const untrimmed = (stale: string) => `    const stale = this.#cache.stale ?? 0;
    this.#pass.step(this.#cache, token, this.#length + stale, this.#position + this.#length);
    this.#length++;
  }

  async rewind(length: number): Promise<void> {
    checkRewind(this.#length, length);
    this.#cache.stale = (this.#cache.stale ?? 0) + ${stale};`;

const append = "for (const token of tokens) this.#step(token);";

/** The cache: entries that are lost, stale or shared. */
export const cache: readonly Mutant[] = [
  {
    id: "cache-loses-all-chunks-but-the-last",
    bug: "the chunks of a long prompt are written to another variable, but for the last",
    rows: [71],
    links: ["https://github.com/ml-explore/mlx-examples/issues/1023"],
    file: decoder,
    find: append,
    replace: `const lost = 4 * Math.floor((tokens.length - 1) / 4);
    const other = new KvCache(this.#config);
    for (const [i, token] of tokens.entries()) {
      const kept = i < lost ? other : this.#cache;
      this.#pass.step(kept, token, this.#length, this.#position + this.#length);
      this.#length++;
    }`,
    needs: "a prompt of more than one chunk, here of four tokens",
  },
  {
    id: "cache-chunk-of-the-total",
    bug: "a chunk is as long as the total allows, not what is left: the last token goes in twice",
    rows: [72],
    links: ["https://github.com/ml-explore/mlx-lm/issues/606"],
    file: decoder,
    find: append,
    replace: `for (let done = 0; tokens.length - done > 1; ) {
      const count = Math.min(4, tokens.length - 1);
      for (const token of tokens.slice(done, done + count)) this.#step(token);
      done += count;
    }
    this.#step(tokens.at(-1)!);`,
    needs: "a prompt of more than five tokens that is no multiple of the chunk plus one",
  },
  {
    id: "cache-lacks-the-last-decoded-token",
    bug: "the last generated token never enters the cache when several new tokens follow it",
    rows: [75],
    links: ["https://github.com/microsoft/onnxruntime-genai/issues/1110"],
    file: decoder,
    find: append,
    replace: `if (this.decoded && tokens.length > 1) {
      const { numKeyValueHeads: K, headDim: H } = this.#config;
      const nothing = new Float64Array(K * H);
      for (const l of this.#cache.layers.keys()) {
        this.#cache.write(l, this.#length - 1, nothing, nothing);
      }
    }
    this.decoded = this.#length > 0 && tokens.length === 1;
    for (const token of tokens) this.#step(token);`,
    needs: "a decode step, then a call of several tokens",
  },
  {
    id: "cache-keeps-an-interrupted-call",
    bug: "a call that fails midway leaves its first tokens in the cache, and not in the list",
    rows: [76],
    links: ["https://github.com/ml-explore/mlx-lm/issues/405"],
    file: decoder,
    find: `checkAppend(this.#config, this.#length, tokens);
    for (const token of tokens) this.#step(token);`,
    replace: `if (tokens.length === 0) checkAppend(this.#config, this.#length, tokens);
    for (const token of tokens) {
      checkAppend(this.#config, this.#length, [token]);
      this.#step(token);
    }`,
    needs: "a call that is refused for a token that is not the first",
  },
  {
    id: "cache-of-the-generator-before",
    bug: "all sequences of a decoder share one buffer",
    rows: [77],
    links: ["https://github.com/microsoft/onnxruntime-genai/issues/1057"],
    file: decoder,
    find: "this.#cache = new KvCache(config);",
    replace: "this.#cache = pass.buffer ??= new KvCache(config);",
    needs: "two sequences alive at once, or a fork",
  },
  {
    id: "cache-block-read-before-it-is-zeroed",
    bug: "whole blocks of four places are mixed, the last ones with a weight of 0: NaN stays NaN",
    rows: [80],
    links: ["https://github.com/vllm-project/vllm/issues/43990"],
    file: attention,
    find: `for (let j = 0, value = base + h; j < length; j++, value += headDim) {
      const p = probs[j];`,
    replace: `const block = Math.min(4 * Math.ceil(length / 4), (values.length - base) / headDim);
    for (let j = 0, value = base + h; j < block; j++, value += headDim) {
      const p = j < length ? probs[j] : 0;`,
    needs: "NaN in memory that was never written, heads of at least four entries",
  },
  {
    id: "cache-past-and-present-share-a-buffer",
    bug: "a fork writes into the buffer of its origin",
    rows: [81],
    links: [
      "https://github.com/microsoft/onnxruntime/issues/23315",
      "https://github.com/microsoft/onnxruntime/issues/32716",
    ],
    file: decoder,
    find: "copy.#cache.copyFrom(this.#cache, this.#length);",
    replace: "copy.#cache.layers = this.#cache.layers;",
    needs: "a fork and its origin that both go on",
  },
  {
    id: "cache-hit-of-whole-blocks",
    bug: "a cache hit is resumed from whole blocks of four: the tokens after the last one are lost",
    rows: [87],
    links: [
      "https://github.com/tenstorrent/vllm/issues/415",
      "https://github.com/vllm-project/vllm/issues/14255",
    ],
    file: decoder,
    find: "copy.#cache.copyFrom(this.#cache, this.#length);",
    replace: "copy.#cache.copyFrom(this.#cache, 4 * Math.floor(this.#length / 4));",
    needs: "a fork of a prefix that is no multiple of the block",
  },
  {
    id: "cache-ring-sliced-by-length",
    bug: "a reused prefix is cut to the window by its logical length: the newest places are lost",
    rows: [88],
    links: ["https://github.com/Blaizzy/mlx-vlm/issues/1715"],
    file: decoder,
    find: "copy.#cache.copyFrom(this.#cache, this.#length);",
    replace: `const kept = Math.min(this.#length, this.#config.slidingWindow ?? this.#length);
    copy.#cache.copyFrom(this.#cache, kept);`,
    needs: "a fork of more tokens than a window of at least 2 holds",
  },
  {
    id: "cache-prefix-pruned-one-off",
    bug: "a prefix pruned to nothing keeps one token",
    rows: [90],
    links: ["https://github.com/ml-explore/mlx-lm/issues/1078"],
    file: decoder,
    find: `checkRewind(this.#length, length);
    this.#length = length;`,
    replace: `checkRewind(this.#length, length);
    this.#length = length || Math.min(1, this.#length);`,
    needs: "a rewind to the empty sequence",
  },
  {
    id: "cache-cannot-be-trimmed",
    bug: "rejected tokens stay in a cache that cannot be trimmed",
    rows: [91],
    links: ["https://github.com/ml-explore/mlx-lm/issues/1109"],
    file: decoder,
    find: stepAndRewind,
    replace: untrimmed("this.#length - length"),
    needs: "an append after a rewind",
  },
  {
    id: "cache-snapshot-spans-a-rejected-row",
    bug: "what is kept of the cache spans one row more than was accepted",
    rows: [96],
    links: ["https://github.com/ml-explore/mlx-swift-lm/issues/308"],
    file: decoder,
    find: stepAndRewind,
    replace: untrimmed("Math.min(1, this.#length - length)"),
    needs: "an append after a rewind",
  },
  {
    id: "cache-made-for-all-heads",
    bug: "the cache has as many heads as there are queries",
    rows: [108],
    links: ["https://github.com/mlc-ai/mlc-llm/issues/576"],
    file: "src/reference/kv-cache.ts",
    find: `constructor({ numHiddenLayers, numKeyValueHeads, headDim, maxPositionEmbeddings }: ModelConfig) {
    const`,
    replace: `constructor(config: ModelConfig) {
    const { numHiddenLayers, headDim, maxPositionEmbeddings } = config;
    const numKeyValueHeads = config.numAttentionHeads;
    const`,
    needs: "fewer key-value heads than heads",
  },
  {
    id: "cache-value-written-a-step-late",
    bug: "a token's value is written to the place after its own",
    rows: [],
    links: [],
    file: "src/reference/kv-cache.ts",
    find: "values[to + h] = value[from + h];",
    replace: "values[Math.min(to + H, values.length - H) + h] = value[from + h];",
    needs: "one token",
  },
  {
    id: "cache-position-restarts-with-a-call",
    bug: "every call begins at position 0",
    rows: [],
    links: [],
    file: decoder,
    find: bothAppends,
    replace: stepAt("this.#length", "i"),
    needs: "a second call",
  },
  {
    id: "cache-fork-forgets-its-start",
    bug: "a fork counts positions from 0, wherever its origin began",
    rows: [],
    links: [],
    file: decoder,
    find: "new ReferenceSequence(this.#config, this.#pass, this.#position);",
    replace: "new ReferenceSequence(this.#config, this.#pass, 0);",
    needs: "a fork of a sequence that starts at another position than 0, and goes on",
  },
  {
    id: "cache-logits-in-one-buffer",
    bug: "all calls return the same memory",
    rows: [],
    links: [],
    file: "src/reference/forward.ts",
    find: "const logits = new Float64Array(this.#config.vocabSize);",
    replace: "const logits = (this.buffer ??= new Float64Array(this.#config.vocabSize));",
    needs: "two calls whose results are both kept",
  },
];
