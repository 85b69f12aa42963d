/** `causalgate cost intensity` and `causalgate cost roofline`: the tables of single steps. */
import type { Command } from "commander";
import { attentionColumns, attentionRows } from "../cost/assignment-table.ts";
import { datasheetRoofs, type Format, namedDevice } from "../cost/devices.ts";
import type { Fusion } from "../cost/intensity.ts";
import { intensityColumns, intensityRows } from "../cost/intensity-table.ts";
import { type DeviceRoofs, rooflineColumns, rooflineRows, type Step } from "../cost/tables.ts";
import type { NamedModel } from "../models/named-model.ts";
import {
  assumptionsOption,
  batchOption,
  bytesPerElement,
  contextOption,
  contextsOf,
  deviceOption,
  dtypeOption,
  fusionOption,
} from "./cost-options.ts";
import { pairs, type Table, type TableOptions, tableCommand } from "./table-command.ts";

interface StepOptions extends TableOptions {
  readonly context?: readonly number[];
  readonly batch: readonly number[];
  readonly dtype: Format;
  readonly fusion: Fusion;
}

interface IntensityOptions extends StepOptions {
  readonly assumptions?: "assignment";
}

export function intensityCommand(): Command {
  return tableCommand(
    {
      name: "intensity",
      description:
        "FLOPs per byte of prefill and decode: of a step, its operations and its attention",
      options: [
        contextOption(),
        batchOption(),
        dtypeOption(),
        fusionOption(),
        assumptionsOption("the assignment's attention of one head").conflicts("fusion"),
      ],
      example: ["--model llama-3-8b --batch 1,64", "what a batch changes, and what it does not"],
    },
    intensityTable,
  );
}

function intensityTable(options: IntensityOptions): Table {
  if (options.assumptions === undefined) {
    return {
      columns: intensityColumns,
      rowsOf: (model) => steps(model, options).flatMap((step) => intensityRows(model, step)),
    };
  }
  const bytes = bytesPerElement(options.dtype);
  return {
    columns: attentionColumns,
    rowsOf: (model) =>
      contextsOf(model, options.context).flatMap((context) =>
        attentionRows(model, { context, batches: options.batch, bytesPerElement: bytes }),
      ),
  };
}

interface RooflineOptions extends StepOptions {
  readonly device: readonly string[];
}

export function rooflineCommand(): Command {
  return tableCommand(
    {
      name: "roofline",
      description:
        "which roof of a device limits a step, and the FLOP/s that it could reach at best",
      options: [deviceOption(), contextOption(), batchOption(), dtypeOption(), fusionOption()],
      example: ["--model llama-3-8b --device h100-sxm l40s", "two devices by their data sheets"],
    },
    (options: RooflineOptions) => ({
      columns: rooflineColumns,
      rowsOf: (model) =>
        pairs(options.device, steps(model, options)).flatMap(([device, step]) =>
          rooflineRows(model, roofsOf(device, options.dtype), step),
        ),
    }),
  );
}

function roofsOf(device: string, dtype: Format): DeviceRoofs {
  const { flopsPerS, bytesPerS } = datasheetRoofs(namedDevice(device), dtype);
  return {
    device,
    source: "datasheet",
    peak: { value: flopsPerS },
    bandwidth: { value: bytesPerS },
  };
}

/** Prefill and decode, for every context and batch. */
function steps(model: NamedModel, { context, batch, dtype, fusion }: StepOptions): Step[] {
  const bytes = bytesPerElement(dtype);
  const widths = {
    weightBytesPerElement: bytes,
    kvBytesPerElement: bytes,
    activationBytesPerElement: bytes,
  };
  return pairs(contextsOf(model, context), batch).flatMap(([context, batch]) =>
    (["prefill", "decode"] as const).map((phase) => ({ phase, context, batch, fusion, ...widths })),
  );
}
