/** `causalgate cost intensity` and `causalgate cost roofline`: the tables of single steps. */
import { type Command, Option } from "commander";
import { datasheetRoofs, type NumberFormat, namedDevice } from "../cost/devices.ts";
import type { Fusion } from "../cost/intensity.ts";
import { type InferenceStep, intensityRows, intensityTable } from "../cost/intensity-table.ts";
import { type DeviceRoofs, rooflineRows, rooflineTable } from "../cost/roofline-table.ts";
import {
  assignmentIntensityTable,
  attentionRows,
} from "../courses/two-layer-assignment/intensity-table.ts";
import type { NamedModel } from "../model/named/named-model.ts";
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
import { number } from "./options.ts";
import {
  type ModelTable,
  modelTable,
  pairs,
  type TableOptions,
  tableCommand,
} from "./table-command.ts";

interface StepOptions extends TableOptions {
  readonly context?: readonly number[];
  readonly batch: readonly number[];
  readonly dtype: NumberFormat;
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
      example: ["--model llama-3-8b --batch 1,64", "the effect of a batch on steps and attention"],
    },
    intensityOf,
  );
}

function intensityOf(options: IntensityOptions): ModelTable {
  if (options.assumptions === undefined) {
    return modelTable(intensityTable, (model) =>
      steps(model, options).flatMap((step) => intensityRows(model, step)),
    );
  }
  const bytes = bytesPerElement(options.dtype);
  return modelTable(assignmentIntensityTable, (model) =>
    contextsOf(model, options.context).flatMap((context) =>
      attentionRows(model, { context, batches: options.batch, bytesPerElement: bytes }),
    ),
  );
}

interface RooflineOptions extends StepOptions {
  readonly device: readonly string[];
  readonly peakFlops?: number;
  readonly bandwidth?: number;
}

export function rooflineCommand(): Command {
  return tableCommand(
    {
      name: "roofline",
      description: "the roof of a device that limits a step, and the largest FLOP/s of the step",
      options: [
        deviceOption(),
        ...givenRoofsOptions(),
        contextOption(),
        batchOption(),
        dtypeOption(),
        fusionOption(),
      ],
      example: ["--model llama-3-8b --device h100-sxm l40s", "two devices by their data sheets"],
    },
    (options: RooflineOptions) => {
      const devices =
        givenRoofs(options) ?? options.device.map((one) => roofsOf(one, options.dtype));
      return modelTable(rooflineTable, (model) =>
        pairs(devices, steps(model, options)).flatMap(([roofs, step]) =>
          rooflineRows(model, roofs, step),
        ),
      );
    },
  );
}

/**
 * `--peak-flops F` and `--bandwidth B`: the roofs of any device, such as those that
 * `causalgate bench roof` measures.
 */
function givenRoofsOptions(): Option[] {
  return [
    new Option("--peak-flops <F>", "FLOP/s of a custom device, instead of a data sheet")
      .argParser(number(1))
      .conflicts("device"),
    new Option("--bandwidth <B>", "its bytes/s").argParser(number(1)).conflicts("device"),
  ];
}

function givenRoofs({ peakFlops, bandwidth }: RooflineOptions): DeviceRoofs[] | null {
  if (peakFlops === undefined && bandwidth === undefined) return null;
  if (peakFlops === undefined || bandwidth === undefined) {
    const got = peakFlops === undefined ? "--bandwidth" : "--peak-flops";
    throw new RangeError(`roofline: --peak-flops and --bandwidth must come together, got ${got}`);
  }
  const [peak, roof] = [{ value: peakFlops }, { value: bandwidth }];
  return [{ device: "given", source: "given", peak, bandwidth: roof }];
}

function roofsOf(device: string, dtype: NumberFormat): DeviceRoofs {
  const { flopsPerS, bytesPerS } = datasheetRoofs(namedDevice(device), dtype);
  return {
    device,
    source: "datasheet",
    peak: { value: flopsPerS },
    bandwidth: { value: bytesPerS },
  };
}

/** Prefill and decode, for every context and batch. */
function steps(model: NamedModel, { context, batch, dtype, fusion }: StepOptions): InferenceStep[] {
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
