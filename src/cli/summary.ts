import { Command } from "commander";
import { architectureText } from "../cost/architecture.ts";
import { summary } from "../cost/summary.ts";
import { summaryText } from "../cost/summary-table.ts";
import { paramsColumns, paramsRows, type Row } from "../cost/tables.ts";
import { findConfig } from "../formats/find-model.ts";
import { csvText } from "../io/csv.ts";
import { jsonText } from "../io/json-text.ts";
import { aligned } from "../io/rows-text.ts";
import { configToJson } from "../model/config.ts";
import type { NamedModel } from "../model/named/named-model.ts";
import { namedModels } from "../model/named/registry.ts";
import { modelsTable } from "../report/models-table.ts";
import { examples, formatOption, modelArgument } from "./options.ts";

type Format = "text" | "json" | "csv";

/** `causalgate summary`: what a model consists of, or which models have a name. */
export function summaryCommand(): Command {
  return new Command("summary")
    .description("a model's layers, shapes and parameters; without MODEL, every named model")
    .addArgument(modelArgument().argOptional())
    .addOption(formatOption("text", "json", "csv"))
    .addHelpText(
      "after",
      examples(
        ["summary", "every model that has a name, with its source"],
        ["summary llama-3-8b", "its modules, its layers, its tensors, its total tied and untied"],
        ["summary path/to/model.gguf --format csv", "the tensors of a file, a row each"],
      ),
    )
    .action(async (argument: string | undefined, { format }: { format: Format }) => {
      const text =
        argument === undefined ? list[format]() : describe[format](await findConfig(argument));
      console.log(text.trimEnd());
    });
}

const describe: Record<Format, (model: NamedModel) => string> = {
  text: (model) => `${model.title}: ${model.source}\n\n${summaryText(model.config)}`,
  json: (model) => jsonText(summaryJson(model)),
  csv: (model) => csvText(paramsColumns, paramsRows(model, model.source)),
};

function summaryJson({ name, title, source, config }: NamedModel) {
  const { total, tied, untied, layers, block, tensors } = summary(config);
  return {
    model: name,
    title,
    source,
    config: configToJson(config),
    architecture: architectureText(config),
    parameters: { total, tied, untied },
    layers,
    block,
    tensors: tensors.map(({ tiedTo, ...tensor }) => ({ ...tensor, tied_to: tiedTo })),
  };
}

const modelColumns = [
  "model",
  "title",
  "vocab_size",
  "hidden_size",
  "intermediate_size",
  "num_hidden_layers",
  "num_attention_heads",
  "num_key_value_heads",
  "head_dim",
  "max_position_embeddings",
  "tie_word_embeddings",
  "parameters",
  "source",
] as const;

const list: Record<Format, () => string> = {
  text: () => {
    const sources = aligned(namedModels.map(({ name, source }) => [name, source]));
    return `${modelsTable(namedModels)}\n\n${sources}`;
  },
  json: () => jsonText(namedModels.map(modelRow)),
  csv: () => csvText(modelColumns, namedModels.map(modelRow)),
};

function modelRow({ name, title, source, config }: NamedModel): Row<(typeof modelColumns)[number]> {
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
