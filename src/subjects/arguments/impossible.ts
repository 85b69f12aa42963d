/** Pairs of values that no call can have, each with the reason. */
import { pairOf } from "./occurred.ts";

interface ImpossiblePair {
  /** Names of the operations. */
  readonly of: readonly string[];
  readonly first: string;
  readonly second: readonly string[];
  readonly because: string;
}

const temperatures = ["absent", "1", "below 0.01", "below 1", "above 1", "above 1000"];
const generating = ["generate", "generateBatch", "speculate"];

export const impossiblePairs: readonly ImpossiblePair[] = [
  {
    of: ["append", "appendAll"],
    first: "tokens: one",
    second: ["ids: first and last id"],
    because: "no model has a vocabulary of one token",
  },
  {
    of: ["batch append"],
    first: "rows: none",
    second: ["none in some rows", "as many in every row", "more in some rows"].map(
      (tokens) => `tokens of the rows: ${tokens}`,
    ),
    because: "without rows, none has tokens",
  },
  {
    of: ["batch append"],
    first: "rows: one",
    second: ["none in some rows", "more in some rows"].map(
      (tokens) => `tokens of the rows: ${tokens}`,
    ),
    because: "one row has as many tokens as every row",
  },
  {
    of: [...generating, "complete"],
    first: "prompt: the whole context",
    second: ["maxNewTokens: several"],
    because: "one token fits after it; several are more than fit",
  },
  {
    of: ["sample", "generate", "generateBatch"],
    first: "random: absent",
    second: temperatures.map((temperature) => `temperature: ${temperature}`),
    because: "only a temperature of 0 needs no random source",
  },
  {
    of: ["speculate"],
    first: "draftTokens: several",
    second: ["maxNewTokens: 0", "maxNewTokens: 1"],
    because: "several proposals are maxNewTokens or more",
  },
  {
    of: ["topK", "distribution", "sample"],
    first: "logits: one token",
    second: ["topK: V", "topK: middle"],
    because: "of one token a k is 0, 1 or above V",
  },
  {
    of: ["ban"],
    first: "logits: one token",
    second: ["bannedSequences: one id"],
    because: "a ban that leaves no token is refused",
  },
  {
    of: ["distribution", "sample"],
    first: "logits: one token",
    second: ["one id", "several ids", "several"].map((bans) => `bannedSequences: ${bans}`),
    because: "a ban that may leave no token is not generated",
  },
];

const listed = new Set(
  impossiblePairs.flatMap(({ of, first, second }) =>
    of.flatMap((operation) =>
      second.flatMap((other) => [
        `${operation} ${pairOf(first, other)}`,
        `${operation} ${pairOf(other, first)}`,
      ]),
    ),
  ),
);

/** Returns true if no call of an operation can have this pair. */
export function impossible(operation: string, pair: string): boolean {
  return listed.has(`${operation} ${pair}`);
}
