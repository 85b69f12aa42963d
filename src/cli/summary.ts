import { Command } from "commander";
import { architectureText } from "../cost/architecture.ts";
import { paramsRows, paramsTable } from "../cost/params-table.ts";
import { summary } from "../cost/summary.ts";
import { summaryText } from "../cost/summary-table.ts";
import { findConfig } from "../formats/find-model.ts";
import { csvText } from "../io/csv.ts";
import { jsonText } from "../io/json-text.ts";
import { aligned } from "../io/rows-text.ts";
import { configToJson } from "../model/config.ts";
import type { NamedModel } from "../model/named/named-model.ts";
import { namedModels } from "../model/named/registry.ts";
import { modelRow, modelsTable, modelsText } from "../report/models-table.ts";
import {
  examples,
  type FormatOptions,
  formatOf,
  formatOption,
  jsonOption,
  modelArgument,
  type OutputFormat,
} from "./options.ts";

/** `causalgate summary`: the parts of a model, or the list of named models. */
export function summaryCommand(): Command {
  return new Command("summary")
    .description("a model's layers, shapes and parameters; without MODEL, every named model")
    .addArgument(modelArgument().argOptional())
    .addOption(formatOption("text", "csv", "json"))
    .addOption(jsonOption())
    .addHelpText(
      "after",
      examples(
        ["summary", "every model that has a name, with its source"],
        ["summary llama-3-8b", "its modules, its layers, its tensors, its total tied and untied"],
        ["summary path/to/model.gguf --format csv", "the tensors of a file, a row each"],
      ),
    )
    .action(async (argument: string | undefined, options: FormatOptions) => {
      const format = formatOf(options);
      const text =
        argument === undefined ? list[format]() : describe[format](await findConfig(argument));
      console.log(text.trimEnd());
    });
}

const describe: Record<OutputFormat, (model: NamedModel) => string> = {
  text: (model) => `${model.title}: ${model.source}\n\n${summaryText(model.config)}`,
  json: (model) => jsonText(summaryJson(model)),
  csv: (model) => csvText(paramsTable, paramsRows(model, model.source)),
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

const list: Record<OutputFormat, () => string> = {
  text: () => {
    const sources = aligned(namedModels.map(({ name, source }) => [name, source]));
    return `${modelsText(namedModels)}\n\n${sources}`;
  },
  json: () => jsonText(namedModels.map(modelRow)),
  csv: () => csvText(modelsTable, namedModels.map(modelRow)),
};
