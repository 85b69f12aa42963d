import type { Mutant } from "./mutant.ts";

const generate = "src/generation/generate.ts";
const restarted = "sequence = await restart(decoder, sequence);";
const unread = "unread = held.slice(-decoder.config.maxPositionEmbeddings);";
const loop = `while (ends.includes(null)) {
      for (const [row, stream] of streams.entries()) {
        if (ends[row] !== null) continue;
        const { done, value } = await stream.next();`;

/**
 * Rows go on after their end: each token of a row may change whether it is `finished`, by `rule`,
 * and the batch ends when all are. A row gives its tokens up to where `cut` says.
 */
const rowsGoOn = (rule: string, cut: string) => `const { eosTokenId, ...endless } = options;
  const finished = rows.map(() => false);
  const all = rows.map(({ prompt, random }) =>
    generateStream(decoder, prompt, random === undefined ? endless : { ...endless, random }),
  );
  while (ends.includes(null)) {
    for (const [row, stream] of all.entries()) {
      if (ends[row] !== null) continue;
      const { done, value } = await stream.next();
      if (!done) newTokens[row].push(value);
      if (!done) ${rule}
      if (!done && !finished.every((one) => one)) continue;
      for (const [i, made] of newTokens.entries()) {
        if (ends[i] !== null || !(finished[i] || i === row)) continue;
        ${cut}
        const tokens = [...rows[i].prompt, ...made];
        const finishReason = finished[i] ? "eos" : (value?.finishReason ?? "max_new_tokens");
        const tokenSteps = rows[i].prompt.length + made.length - 1;
        ends[i] = { tokens, newTokens: made, finishReason, tokenSteps };
      }
    }
  }
  return ends;
  ${loop}`;

/** The loop around a decoder: its end, its calls, and the state of each row. */
export const generation: readonly Mutant[] = [
  {
    id: "generate-uncached-position-goes-on",
    bug: "without a cache the position goes on: the whole text is read again from where it ended",
    rows: [7],
    links: ["https://github.com/huggingface/candle/issues/1517"],
    file: generate,
    find: restarted,
    replace: `await sequence[Symbol.asyncDispose]();
        const room = decoder.config.maxPositionEmbeddings - held.length;
        sequence = await decoder.start(Math.max(0, Math.min(room, naive ? tokenSteps : 0)));`,
    needs: "generation without a cache, positions that are not relative",
  },
  {
    id: "generate-uncached-position-wrong",
    bug: "without a cache, positions count from 1",
    rows: [85],
    links: ["https://github.com/huggingface/transformers/issues/30485"],
    file: generate,
    find: restarted,
    replace: `await sequence[Symbol.asyncDispose]();
        const room = decoder.config.maxPositionEmbeddings - held.length;
        sequence = await decoder.start(naive && room > 0 ? 1 : 0);`,
    needs: "generation without a cache, positions that are not relative",
  },
  {
    id: "generate-uncached-loses-its-context",
    bug: "a loop made for the cache sends the last token alone to a model that has none",
    rows: [198],
    links: ["https://github.com/karpathy/llm.c/commit/8919b66"],
    file: generate,
    find: unread,
    replace: "if (!naive) unread = held.slice(-decoder.config.maxPositionEmbeddings);",
    needs: "generation without a cache, two new tokens",
  },
  {
    id: "generate-crops-by-the-prompt",
    bug: "the crop tests the length of the prompt, not of the text",
    rows: [191],
    links: ["https://github.com/Lightning-AI/lit-llama/issues/248"],
    file: generate,
    find: "if (made >= fits || (naive && made > 0)) {",
    replace: "if (prompt.length > decoder.config.maxPositionEmbeddings || (naive && made > 0)) {",
    needs: "a text that goes on past the context",
  },
  {
    id: "generate-history-of-the-other-kind",
    bug: "prompt and generated tokens are mixed up in what penalties see",
    rows: [170],
    links: ["https://github.com/vllm-project/vllm-metal/issues/69"],
    file: generate,
    find: 'options.history === "generated" ? held.slice(prompt.length) : held',
    replace: 'options.history === "generated" ? held : held.slice(prompt.length)',
    needs: "a penalty, and a prompt token that would be chosen",
  },
  {
    id: "generate-history-one-behind",
    bug: "penalties do not see the last token",
    rows: [],
    links: [],
    file: generate,
    find: "held.slice(prompt.length) : held;",
    replace: "held.slice(prompt.length, -1) : held.slice(0, -1);",
    needs: "a penalty or a ban, and a token that would be repeated",
  },
  {
    id: "generate-one-end-ends-all",
    bug: "the end of one row ends all rows",
    rows: [185],
    links: ["https://github.com/2000ZRL/SOKE/issues/7"],
    file: generate,
    find: loop,
    replace: rowsGoOn("if (value === eosTokenId) finished.fill(true);", ""),
    needs: "rows that end at different steps",
  },
  {
    id: "generate-second-end-revives",
    bug: "the end of a row is noted by XOR: a second one un-ends it",
    rows: [186],
    links: [
      "https://github.com/mistralai/mistral-inference/issues/180",
      "https://github.com/mistralai/mistral-inference/issues/214",
    ],
    file: generate,
    find: loop,
    replace: rowsGoOn("if (value === eosTokenId) finished[row] = !finished[row];", ""),
    needs: "a row that would give its end twice while another goes on",
  },
  {
    id: "generate-ended-rows-go-on",
    bug: "rows that have ended are sampled and recorded until the last row ends",
    rows: [187],
    links: ["https://github.com/mistralai/mistral-inference/issues/270"],
    file: generate,
    find: loop,
    replace: rowsGoOn("finished[row] ||= value === eosTokenId;", ""),
    needs: "rows that end at different steps",
  },
  {
    id: "generate-end-replaced-by-padding",
    bug: "the end of a text is replaced by the id of padding",
    rows: [189],
    links: ["https://github.com/thu-nics/C2C/issues/19"],
    file: generate,
    find: "yield token;",
    replace: "yield token === eosTokenId ? 0 : token;",
    needs: "an end that is not the id of padding",
  },
  {
    id: "generate-end-compared-as-a-bigint",
    bug: "a number is compared with a bigint: the end never comes",
    rows: [190],
    links: ["https://github.com/huggingface/transformers.js/commit/7c32bd01"],
    file: generate,
    find: "if (token === eosTokenId) return",
    replace: "if (BigInt(token) === eosTokenId) return",
    needs: "a text that gives its end before the last token",
  },
  {
    id: "generate-rows-misaligned-after-an-end",
    bug: "after a row has left, the others' tokens go to the rows before them",
    rows: [173],
    links: [
      "https://github.com/ml-explore/mlx-lm/issues/1772",
      "https://github.com/Blaizzy/mlx-vlm/issues/1574",
    ],
    file: generate,
    find: "if (!done) newTokens[row].push(value);",
    replace:
      "if (!done) newTokens[ends.slice(0, row).filter((end) => end === null).length].push(value);",
    needs: "a row that ends before a later one",
  },
  {
    id: "generate-seed-salted-by-the-place",
    bug: "a row's random numbers depend on its place in the batch",
    rows: [179],
    links: ["https://github.com/tenstorrent/tt-metal/issues/53802"],
    file: generate,
    find: "const streams = rows.map(({ prompt, random }) =>",
    replace: `for (const [place, { random }] of rows.entries()) {
    for (let i = 0; i < place; i++) random?.();
  }
  const streams = rows.map(({ prompt, random }) =>`,
    needs: "a sampled row at another place than the first",
  },
  {
    id: "generate-one-source-for-all-rows",
    bug: "all rows draw from the first row's random source",
    rows: [],
    links: [],
    file: generate,
    find: "const streams = rows.map(({ prompt, random }) =>",
    replace: `const { random } = rows[0] ?? {};
  const streams = rows.map(({ prompt }) =>`,
    needs: "two sampled rows",
  },
  {
    id: "generate-one-token-too-many",
    bug: "the context is taken to have room for one token more",
    rows: [],
    links: [],
    file: generate,
    find: "return P - prompt.length + 1;",
    replace: "return P - prompt.length + 2;",
    needs: "a text that fills the context",
  },
  {
    id: "generate-window-of-one-less",
    bug: "past the context, each token follows from P - 1 tokens",
    rows: [],
    links: [],
    file: generate,
    find: unread,
    replace: "unread = held.slice(1 - decoder.config.maxPositionEmbeddings);",
    needs: "a text that goes on past the context",
  },
];
