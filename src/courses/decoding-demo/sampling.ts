import {
  defineTable,
  integer,
  number,
  oneOf,
  orBlank,
  type RowOf,
  schemaVersion,
  text,
  version,
} from "../../io/table.ts";
import type { Model } from "../../model/model.ts";
import { tinyWords } from "../../model/named/tiny-words.ts";
import { referenceDecoder } from "../../reference/reference-decoder.ts";
import { rank } from "../../sampling/rank.ts";
import { distribution, type SamplingOptions } from "../../sampling/sample-token.ts";

export const samplingTable = defineTable({
  file: "sampling.csv",
  command: "npx causalgate demo",
  about: "The probability of one token under one sampling strategy, after one prompt.",
  columns: {
    schema_version: version,
    model: text("model name"),
    weights: oneOf(["random", "trained"], "origin of the weights"),
    prompt: text("words or token ids of the prompt"),
    strategy: text("sampling strategy"),
    rank: integer("rank of the logit, from 1"),
    token: integer("token id"),
    word: orBlank(text("word of the token, if the model has words")),
    logit: number("logit of the token"),
    probability: number("probability of the token under the strategy"),
  },
});

/** Sampling strategies; the last one is a common default. */
export const strategies: Readonly<Record<string, SamplingOptions>> = {
  greedy: { temperature: 0 },
  "T = 0.5": { temperature: 0.5 },
  "T = 1": { temperature: 1 },
  "T = 2": { temperature: 2 },
  "top-k 5": { topK: 5 },
  "top-p 0.9": { topP: 0.9 },
  "all three": { temperature: 0.8, topK: 10, topP: 0.95 },
};

/** Returns every token's probability after the prompt under each strategy, by descending logit. */
export async function samplingRows(
  { name, config, weights }: Model,
  kind: "random" | "trained",
  prompt: readonly number[],
): Promise<RowOf<typeof samplingTable>[]> {
  await using sequence = await referenceDecoder(config, weights).start();
  const logits = await sequence.append(prompt);
  const order = rank(logits);
  const wordOf = (id: number) => (name === "tiny" ? tinyWords[id] : null);
  return Object.entries(strategies).flatMap(([strategy, options]) => {
    const probabilities = distribution(logits, options);
    return order.map((token, i) => ({
      schema_version: schemaVersion,
      model: name,
      weights: kind,
      prompt: prompt.map((id) => wordOf(id) ?? String(id)).join(" "),
      strategy,
      rank: i + 1,
      token,
      word: wordOf(token),
      logit: logits[token],
      probability: probabilities[token],
    }));
  });
}
