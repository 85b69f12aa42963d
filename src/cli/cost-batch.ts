import { type Command, Option } from "commander";
import { type NumberFormat, namedDevice } from "../cost/devices.ts";
import { kvMemoryRow, kvMemoryTable } from "../cost/kv-memory-table.ts";
import { GB, GiB } from "../cost/units.ts";
import { sizingRows, sizingTable } from "../courses/two-layer-assignment/intensity-table.ts";
import type { NamedModel } from "../model/named/named-model.ts";
import {
  assumptionsOption,
  bytesPerElement,
  contextOption,
  contextsOf,
  deviceOption,
  dtypeOption,
  tensorParallelOption,
} from "./cost-options.ts";
import { integer, number } from "./options.ts";
import {
  type ModelTable,
  modelTable,
  pairs,
  type TableOptions,
  tableCommand,
} from "./table-command.ts";

interface BatchOptions extends TableOptions {
  readonly context?: readonly number[];
  readonly dtype: NumberFormat;
  readonly device: readonly string[];
  readonly memoryUnit?: "GB" | "GiB";
  readonly tp: readonly number[];
  readonly utilization: number;
  readonly blockTokens: number;
  readonly reserve: number;
  readonly assumptions?: "assignment";
}

/** `causalgate cost batch` */
export function batchCommand(): Command {
  return tableCommand(
    {
      name: "batch",
      description: "requests that fit on devices that share one model, and their limit",
      example: ["--model llama-3-8b --tp 1,2,4,8,16", "the batch on one device to sixteen"],
      options: [
        deviceOption(),
        new Option(
          "--memory-unit <U>",
          "the unit of a device's memory: GB is 10^9 bytes (default), GiB is 2^30",
        ).choices(["GB", "GiB"]),
        tensorParallelOption(),
        contextOption(),
        dtypeOption(),
        new Option("--utilization <U>", "usable share of a device")
          .argParser(number(0, 1))
          .default(1),
        new Option("--block-tokens <N>", "tokens in one block of a paged cache")
          .argParser(integer(1))
          .default(1),
        new Option("--reserve <BYTES>", "bytes of each device for activations and the runtime")
          .argParser(integer(0))
          .default(0),
        assumptionsOption(
          "the sizing of the assignment beside the exact one; memory in GiB by default",
        ).conflicts(["utilization", "blockTokens", "reserve"]),
      ],
    },
    batchTable,
  );
}

function batchTable(options: BatchOptions): ModelTable {
  const { assumptions, memoryUnit = assumptions === undefined ? "GB" : "GiB" } = options;
  const bytes = bytesPerElement(options.dtype);
  const cases = (model: NamedModel) =>
    pairs(
      pairs(options.device.map(namedDevice), options.tp),
      contextsOf(model, options.context),
    ).map(([[device, tp], context]) => {
      return { deviceBytes: device.memoryGB * { GB, GiB }[memoryUnit], tp, context };
    });
  if (assumptions !== undefined) {
    return modelTable(sizingTable, (model) =>
      cases(model).flatMap(({ tp, ...group }) =>
        sizingRows(model, { ...group, devices: tp, bytesPerElement: bytes }),
      ),
    );
  }
  return modelTable(kvMemoryTable, (model) =>
    cases(model).map(({ tp, ...group }) =>
      kvMemoryRow(model, {
        ...group,
        tensorParallel: tp,
        utilization: options.utilization,
        blockTokens: options.blockTokens,
        overheadBytes: options.reserve,
        weightBytesPerElement: bytes,
        kvBytesPerElement: bytes,
      }),
    ),
  );
}
