import type { Model } from "../../model/model.ts";
import { tinyWords } from "../../model/named/tiny-words.ts";
import { referenceDecoder } from "../../reference/reference-decoder.ts";
import type { TableRow } from "../../report/schema/index.ts";
import { rank } from "../../sampling/rank.ts";
import { distribution, type SamplingOptions } from "../../sampling/sample-token.ts";

/** Ways of sampling; the last is what many programs use unless told otherwise. */
export const strategies: Readonly<Record<string, SamplingOptions>> = {
  greedy: { temperature: 0 },
  "T = 0.5": { temperature: 0.5 },
  "T = 1": { temperature: 1 },
  "T = 2": { temperature: 2 },
  "top-k 5": { topK: 5 },
  "top-p 0.9": { topP: 0.9 },
  "all three": { temperature: 0.8, topK: 10, topP: 0.95 },
};

/** What each way makes of the logits after the prompt, for every token, the likeliest first. */
export async function samplingRows(
  { name, config, weights }: Model,
  kind: "random" | "trained",
  prompt: readonly number[],
): Promise<TableRow<"sampling">[]> {
  await using sequence = await referenceDecoder(config, weights).start();
  const logits = await sequence.append(prompt);
  const order = rank(logits);
  const wordOf = (id: number) => (name === "tiny" ? tinyWords[id] : null);
  return Object.entries(strategies).flatMap(([strategy, options]) => {
    const probabilities = distribution(logits, options);
    return order.map((token, i) => ({
      schema_version: 1 as const,
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
