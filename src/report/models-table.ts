import { summary } from "../cost/summary.ts";
import { grouped, percent, textTable } from "../io/text-table.ts";
import type { NamedModel } from "../model/named/named-model.ts";

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

/** Models side by side as text: their sizes, whether the head is tied, where the parameters are. */
export function modelsTable(models: readonly NamedModel[]): string {
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
