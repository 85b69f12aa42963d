import { Command, Option } from "commander";
import { findModel } from "../formats/find-model.ts";
import { jsonText } from "../io/json-text.ts";
import type { ModelConfig } from "../model/config.ts";
import { shapeTraceText, traceableLength, traceShapes } from "../reference/trace.ts";
import {
  examples,
  type FormatOptions,
  formatOf,
  formatOption,
  integer,
  jsonOption,
  modelArgument,
  seedOption,
  tokensOption,
} from "./options.ts";
import { promptTokens } from "./prompt.ts";

interface Options extends FormatOptions {
  readonly tokens?: readonly number[];
  readonly prompt?: string;
  readonly batch: number;
  readonly seed: number;
}

/** `causalgate trace`: the observed shapes of a forward pass. */
export function traceCommand(): Command {
  return new Command("trace")
    .description("the shape of every step of a forward pass, observed in a run")
    .addArgument(modelArgument())
    .addOption(tokensOption().conflicts("prompt"))
    .option("--prompt <TEXT>", "the prompt as text, if the model has a tokenizer")
    .addOption(
      new Option("--batch <B>", "run B copies of the prompt").argParser(integer(1, 64)).default(1),
    )
    .addOption(seedOption())
    .addOption(formatOption("text", "json"))
    .addOption(jsonOption())
    .addHelpText(
      "after",
      examples(
        ["trace demo", "ten tokens, the shapes of each step"],
        ['trace tiny --prompt "the cat sat" --batch 2', "text, twice"],
        ["trace path/to/folder --tokens 3,7,11 --format json", "as data"],
      ),
    )
    .action(async (argument: string, options: Options) => {
      const { tokens, prompt, batch, seed } = options;
      const model = await findModel(argument, seed);
      const isGiven = tokens !== undefined || prompt !== undefined;
      const ids = isGiven
        ? promptTokens(model, { tokens, text: prompt })
        : firstIds(model.config, batch);
      const rows = traceShapes(
        model,
        Array.from({ length: batch }, () => ids),
      );
      const data = { model: model.name, tokens: ids, batch, steps: rows };
      console.log(formatOf(options) === "json" ? jsonText(data) : shapeTraceText(rows));
    });
}

/** Returns the ids 0 to 9, or fewer if the model is too small or too large for ten. */
function firstIds(config: ModelConfig, batch: number): number[] {
  const most = Math.min(10, config.vocabSize, config.maxPositionEmbeddings);
  return Array.from({ length: traceableLength(config, batch, most) }, (_, id) => id);
}
