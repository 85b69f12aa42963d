import type { Mutant } from "./mutant.ts";

const weights = "src/model/weights.ts";

/** Weight tying: one memory or two. */
export const tying: readonly Mutant[] = [
  {
    id: "tie-copied",
    bug: "a tied head is a copy of the embedding",
    rows: [],
    links: [],
    file: weights,
    find: "weight: config.tieWordEmbeddings ? embedTokens.subarray()",
    replace: "weight: config.tieWordEmbeddings ? embedTokens.slice()",
    needs: "a tied model and a write to its embedding",
  },
  {
    id: "tie-of-the-untied",
    bug: "the head of an untied model is asked for, and the embedding used",
    rows: [],
    links: [],
    file: weights,
    find: 'embedTokens.subarray() : tensor("lm_head.weight", V, D),',
    replace: 'embedTokens.subarray() : tensor("lm_head.weight", V, D) && embedTokens.subarray(),',
    needs: "an untied model",
  },
  {
    id: "tie-counted-twice",
    bug: "a tied head is listed, and counted, beside the embedding",
    rows: [],
    links: [],
    file: weights,
    find: 'const learned = config.positions === "learned";',
    replace: `const learned = config.positions === "learned";
  const head = { name: "lm_head.weight", shape: [V, D], data: embedTokens };
  if (config.tieWordEmbeddings) tensors.push(head);`,
    needs: "a tied model",
  },
];
