import { Command, Option } from "commander";
import type { NumberFormat } from "../cost/devices.ts";
import { flopsRow, flopsTable } from "../cost/flops-table.ts";
import { checkContext } from "../cost/generation.ts";
import { memoryRows, memoryTable } from "../cost/memory-table.ts";
import { paramsRows, paramsTable } from "../cost/params-table.ts";
import {
  differenceRows,
  differencesTable,
} from "../courses/two-layer-assignment/intensity-table.ts";
import type { NamedModel } from "../model/named/named-model.ts";
import { batchCommand } from "./cost-batch.ts";
import {
  assumptionsOption,
  batchOption,
  bytesPerElement,
  contextOption,
  contextsOf,
  dtypeOption,
} from "./cost-options.ts";
import { intensityCommand, rooflineCommand } from "./cost-steps.ts";
import { examples, integer } from "./options.ts";
import { modelTable, pairs, type TableOptions, tableCommand } from "./table-command.ts";

/** `causalgate cost`: exact tables from a configuration, without weights. */
export function costCommand(): Command {
  return new Command("cost")
    .description("exact cost tables from a model's configuration")
    .addCommand(parametersCommand())
    .addCommand(flopsCommand())
    .addCommand(memoryCommand())
    .addCommand(batchCommand())
    .addCommand(intensityCommand())
    .addCommand(rooflineCommand())
    .addHelpText(
      "after",
      examples(
        ["cost parameters --model llama-3-8b", "every tensor, and the total"],
        ["cost batch --model llama-3-8b --tp 1,2,4,8 --format csv", "how many requests fit"],
        ["cost batch --help", "the options of one table"],
      ),
    );
}

interface ParameterOptions extends TableOptions {
  readonly assumptions?: "assignment";
}

function parametersCommand(): Command {
  const assumptions = assumptionsOption(
    "the differences between the exact count and that of the assignment",
  );
  return tableCommand(
    {
      name: "parameters",
      description: "every tensor, and the total tied and untied",
      options: [assumptions],
      example: ["--model demo tiny --format csv", "the tensors of two models, a row each"],
    },
    ({ assumptions }: ParameterOptions) =>
      assumptions === undefined
        ? modelTable(paramsTable, (model) => paramsRows(model, model.source))
        : modelTable(differencesTable, differenceRows),
  );
}

interface FlopsOptions extends TableOptions {
  readonly context?: readonly number[];
  readonly newTokens?: number;
}

function flopsCommand(): Command {
  const newTokens = new Option("--new-tokens <N>", "also a generation of N after such a prompt");
  return tableCommand(
    {
      name: "flops",
      description: "FLOPs of prefill, of one decoded token, and of a generation, naive and cached",
      options: [contextOption(), newTokens.argParser(integer(1))],
      example: ["--model llama-2-7b --context 100 --new-tokens 100", "a prompt and its answer"],
    },
    ({ context, newTokens }: FlopsOptions) =>
      modelTable(flopsTable, (model) =>
        contextsOf(model, context).flatMap((context) => flopsRows(model, context, newTokens)),
      ),
  );
}

function flopsRows(model: NamedModel, context: number, newTokens: number | undefined) {
  const rows = [
    flopsRow(model, { phase: "prefill", promptLength: context }),
    flopsRow(model, { phase: "decode", context }),
  ];
  if (newTokens === undefined) return rows;
  checkContext(model.name, model.config.maxPositionEmbeddings, context + newTokens - 1);
  const generation = { phase: "generate", promptLength: context, newTokens } as const;
  const modes = ["naive", "cached"] as const;
  return [...rows, ...modes.map((mode) => flopsRow(model, { ...generation, mode }))];
}

interface MemoryOptions extends TableOptions {
  readonly context?: readonly number[];
  readonly batch: readonly number[];
  readonly dtype: NumberFormat;
}

function memoryCommand(): Command {
  return tableCommand(
    {
      name: "memory",
      description: "bytes of weights, cache and activations",
      options: [contextOption(), batchOption(), dtypeOption()],
      example: ["--model llama-3-8b --context 8192 --batch 1,16", "one and sixteen full contexts"],
    },
    ({ context, batch, dtype }: MemoryOptions) =>
      modelTable(memoryTable, (model) =>
        pairs(contextsOf(model, context), batch).flatMap(([context, batch]) =>
          memoryRows(model, { context, batch, bytesPerElement: bytesPerElement(dtype) }),
        ),
      ),
  );
}
