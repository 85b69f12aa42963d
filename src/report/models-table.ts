/** Named models as a table, and as text side by side. */
import { summary } from "../cost/summary.ts";
import { bigInteger, boolean, defineTable, integer, type RowOf, text } from "../io/table.ts";
import { grouped, percent, textTable } from "../io/text-table.ts";
import type { NamedModel } from "../model/named/named-model.ts";

export const modelsTable = defineTable({
  file: "models.csv",
  command: "npx causalgate summary --format csv",
  about: "The models that can be given by name.",
  columns: {
    model: text("name in commands and tables"),
    title: text("name that its authors use"),
    vocab_size: integer("tokens of the vocabulary, V"),
    hidden_size: integer("width of the residual stream, D"),
    intermediate_size: integer("width of the feed-forward, F"),
    num_hidden_layers: integer("blocks, L"),
    num_attention_heads: integer("query heads, N"),
    num_key_value_heads: integer("key-value heads, K"),
    head_dim: integer("width of one head, H"),
    max_position_embeddings: integer("largest number of tokens of a sequence, P"),
    tie_word_embeddings: boolean("whether the head uses the memory of the embedding"),
    parameters: bigInteger("parameters in all"),
    source: text("document or public configuration"),
  },
});

/** Returns one row of models.csv. */
export function modelRow({ name, title, source, config }: NamedModel): RowOf<typeof modelsTable> {
  return {
    model: name,
    title,
    vocab_size: config.vocabSize,
    hidden_size: config.hiddenSize,
    intermediate_size: config.intermediateSize,
    num_hidden_layers: config.numHiddenLayers,
    num_attention_heads: config.numAttentionHeads,
    num_key_value_heads: config.numKeyValueHeads,
    head_dim: config.headDim,
    max_position_embeddings: config.maxPositionEmbeddings,
    tie_word_embeddings: config.tieWordEmbeddings,
    parameters: summary(config).total,
    source,
  };
}

const head = [
  "model",
  "V",
  "D",
  "F",
  "L",
  "N:K",
  "context",
  "head",
  "parameters",
  "blocks",
  "feed-forward of a block",
];

/** Returns models side by side as text: sizes, tied or own head, distribution of parameters. */
export function modelsText(models: readonly NamedModel[]): string {
  return textTable(head, models.map(cells));
}

function cells({ name, config }: NamedModel): string[] {
  const { layers, block, total } = summary(config);
  const { numAttentionHeads: N, numKeyValueHeads: K } = config;
  return [
    name,
    grouped(config.vocabSize),
    grouped(config.hiddenSize),
    grouped(config.intermediateSize),
    grouped(config.numHiddenLayers),
    `${N}:${K}`,
    grouped(config.maxPositionEmbeddings),
    config.tieWordEmbeddings ? "tied" : "own",
    grouped(total),
    percent(layers.find(({ layer }) => layer === "block")!.share),
    percent(block.find(({ part }) => part === "feed-forward")!.share),
  ];
}
