import type { Mutant } from "./mutant.ts";

const speculate = "src/generation/speculate.ts";
const logProbs = "src/generation/log-probs.ts";
const history = "const p = distribution(rows[i], options, [...seen, ...kept]);";

/** Speculation: drafts and their verification; log-probabilities. */
export const speculation: readonly Mutant[] = [
  {
    id: "draft-misses-the-bonus-token",
    bug: "the draft's cache lacks tokens of the text: what it proposes gets worse, the text stays right",
    rows: [94],
    links: [
      "https://github.com/lablup/mlxcel/issues/994",
      "https://github.com/lablup/mlxcel/issues/1002",
    ],
    file: speculate,
    find: "held.slice(proposer.length),",
    replace: "proposer.length === 0 ? held : held.slice(-1),",
    needs: "a round after one that was accepted whole, the same model as draft",
  },
  {
    id: "draft-rejection-one-late",
    bug: "a rejection is handled one row late: the token comes from the row after the rejected one",
    rows: [95],
    links: ["https://github.com/openvinotoolkit/openvino.genai/issues/4190"],
    file: speculate,
    find: "else return [...kept, choose(certain ? p : residual(p, q), options, random)];",
    replace: `else {
      const late = distribution(rows[i + 1], options, [...seen, ...kept]);
      return [...kept, choose(certain ? late : residual(late, q), options, random)];
    }`,
    needs: "a rejected draft",
  },
  {
    id: "draft-zeroed-in-the-target",
    bug: "the token that takes a rejected one's place is drawn from the target without that id",
    rows: [182],
    links: ["https://github.com/vllm-project/vllm-ascend/issues/2881"],
    file: speculate,
    find: "choose(certain ? p : residual(p, q), options, random)",
    replace:
      "choose(certain ? p : residual(p, q.map((_, id) => (id === token ? 1 : 0))), options, random)",
    needs: "a rejected draft at a temperature above 0",
  },
  {
    id: "draft-history-not-kept",
    bug: "the history that penalties see lacks the drafts that were kept in this round",
    rows: [183],
    links: ["https://github.com/ml-explore/mlx-examples/issues/1291"],
    file: speculate,
    find: history,
    replace: "const p = distribution(rows[i], options, seen);",
    needs: "a penalty, and a second draft in a round",
  },
  {
    id: "draft-rows-counted-from-the-front",
    bug: "rows of a chunk are counted from its front, where its tokens are the prompt's",
    rows: [195],
    links: ["https://github.com/vllm-project/vllm/issues/29216"],
    file: speculate,
    find: ".slice(-proposals.length - 1);",
    replace: ".slice(0, proposals.length + 1);",
    needs: "a prompt of two tokens, a draft",
  },
  {
    id: "draft-accepted-by-the-draft",
    bug: "a proposal is accepted by its own probability, not by the target's share of it",
    rows: [],
    links: [],
    file: speculate,
    find: "random() * q[token] < p[token]",
    replace: "random() < p[token]",
    needs: "a temperature above 0",
  },
  {
    id: "draft-replaced-from-the-target",
    bug: "the token that takes a rejected one's place is drawn from the target's whole distribution",
    rows: [],
    links: [],
    file: speculate,
    find: "choose(certain ? p : residual(p, q), options, random)",
    replace: "choose(p, options, random)",
    needs: "a rejected draft at a temperature above 0",
  },
  {
    id: "draft-goes-on-after-the-end",
    bug: "tokens that were accepted after the end of the text are kept",
    rows: [],
    links: [],
    file: speculate,
    find: 'if (token === eosTokenId) return result("eos");',
    replace: `if (token === eosTokenId) {
        held.push(...kept.slice(kept.indexOf(token) + 1));
        newTokens.push(...kept.slice(kept.indexOf(token) + 1));
        return result("eos");
      }`,
    needs: "an end among the tokens that were accepted",
  },
  {
    id: "log-prob-of-the-token-before",
    bug: "a row scores the token that it follows, not the one that follows it",
    rows: [196],
    links: [
      "https://github.com/vllm-project/vllm/issues/5846",
      "https://github.com/vllm-project/vllm/issues/6223",
    ],
    file: logProbs,
    find: "logSoftmax(row)[tokens[i + 1]]",
    replace: "logSoftmax(row)[tokens[i]]",
    needs: "two different tokens",
  },
  {
    id: "log-prob-over-all-rows",
    bug: "log-probabilities are normalised over all rows at once",
    rows: [183],
    links: ["https://github.com/ml-explore/mlx-examples/issues/1291"],
    file: logProbs,
    find: "return rows.map((row, i) => logSoftmax(row)[tokens[i + 1]]);",
    replace: `const all = logSoftmax(rows.flatMap((row) => [...row]));
  return rows.map((_, i) => all[i * V + tokens[i + 1]]);`,
    needs: "three tokens",
  },
];
