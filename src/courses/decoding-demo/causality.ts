import { forwardStages } from "../../definition.ts";
import {
  boolean,
  defineTable,
  integer,
  number,
  type RowOf,
  schemaVersion,
  text,
  version,
} from "../../io/table.ts";
import type { Model } from "../../model/model.ts";
import { referenceDecoder } from "../../reference/reference-decoder.ts";

export const causalityTable = defineTable({
  file: "causality.csv",
  command: "npx causalgate demo",
  about: "The logits after two continuations of one prefix, compared at one position.",
  columns: {
    schema_version: version,
    model: text("model name"),
    position: integer("position of the token, from 0"),
    token_a: integer("token of the first text"),
    token_b: integer("token of the second text"),
    in_prefix: boolean("true if the position is in the common prefix of both texts"),
    largest_difference: number("largest difference of any logit"),
  },
});

export const attentionTable = defineTable({
  file: "attention.csv",
  command: "npx causalgate demo",
  about: "One attention probability of one head.",
  columns: {
    schema_version: version,
    model: text("model name"),
    layer: integer("index of the block, from 0"),
    head: integer("index of the query head, from 0"),
    query_position: integer("position of the query, from 0"),
    key_position: integer("position of the key, from 0"),
    probability: number("attention probability"),
  },
});

/** A prefix of the two texts, in the vocabulary of the demo. */
export const prefix = [3, 7, 11];
const continuations = [
  [15, 19, 23, 27, 31],
  [42, 99, 7, 200, 128],
];

/** Returns the largest difference of any logit at every position: 0 inside the prefix. */
export async function causalityRows({
  name,
  config,
  weights,
}: Model): Promise<RowOf<typeof causalityTable>[]> {
  const decoder = referenceDecoder(config, weights);
  const texts = continuations.map((continuation) => [...prefix, ...continuation]);
  const logits = await Promise.all(
    texts.map(async (tokens) => {
      await using sequence = await decoder.start();
      return await sequence.appendAll(tokens);
    }),
  );
  const [a, b] = texts;
  return a.map((_, position) => ({
    schema_version: schemaVersion,
    model: name,
    position,
    token_a: a[position],
    token_b: b[position],
    in_prefix: position < prefix.length,
    largest_difference: largestDifference(logits[0][position], logits[1][position]),
  }));
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a, (value, v) => Math.abs(value - b[v])).reduce((x, y) => Math.max(x, y));
}

/** Returns the attention of the first head in the last layer, over the first text. */
export function attentionRows({ name, config, weights }: Model): RowOf<typeof attentionTable>[] {
  const { layers } = forwardStages(config, weights, [...prefix, ...continuations[0]]);
  const layer = layers.length - 1;
  const head = 0;
  return layers[layer].attention[head].flatMap((row, query_position) =>
    row.map((probability, key_position) => ({
      schema_version: schemaVersion,
      model: name,
      layer,
      head,
      query_position,
      key_position,
      probability,
    })),
  );
}
