/**
 * The numbers of the cost explorer: the cost of one choice of model and device, by the functions of
 * cost/ that `causalgate cost` calls, too. The page's script runs this in the browser.
 */

import { bytesOfFormat, datasheetRoofs, type NumberFormat, namedDevice } from "../cost/devices.ts";
import { checkContext, count } from "../cost/generation.ts";
import { type KvMemoryRow, kvMemoryRow } from "../cost/kv-memory-table.ts";
import { kvBytes, kvBytesPerToken, weightBytes } from "../cost/memory.ts";
import { parameterCount } from "../cost/parameters.ts";
import { type Roofs, roofSeconds } from "../cost/roofline.ts";
import { type RooflineRow, rooflineRows } from "../cost/roofline-table.ts";
import { GB } from "../cost/units.ts";
import { namedModel } from "../model/named/registry.ts";

/** The choice on the page; each field is the option of `causalgate cost` with the same name. */
export interface Choice {
  readonly model: string;
  readonly device: string;
  readonly dtype: NumberFormat;
  readonly context: number;
  readonly batch: number;
  readonly tp: number;
}

/** Prefill of the context, or decode of one token after it, under the roofs of the group. */
export interface ExploredStep {
  readonly phase: "prefill" | "decode";
  /** The rows of roofline.csv: the whole step, and its attention alone. */
  readonly step: RooflineRow;
  readonly attention: RooflineRow;
  /** The shortest time of the step that these roofs allow. */
  readonly seconds: number;
  /** New tokens of the whole batch in that time. */
  readonly tokensPerS: number;
}

export interface Explored {
  readonly parameters: bigint;
  readonly weightBytes: bigint;
  readonly kvBytesPerToken: bigint;
  readonly kvBytesPerSequence: bigint;
  readonly kvBytesOfBatch: bigint;
  /** The row of kv_memory.csv: the largest batch, and its limit. */
  readonly fit: KvMemoryRow;
  /** The sum over all devices of the group. */
  readonly roofs: Roofs;
  readonly steps: readonly ExploredStep[];
}

/**
 * Computes the cost of a choice. The roofs of `tp` devices are added up and their communication
 * takes no time, so that the times are lower bounds.
 *
 * @throws {RangeError} for an unknown model or device, a format that the device lacks, or a length
 *   that is not a positive integer within the context of the model
 */
export function explore({ model: name, device: chosen, dtype, ...sizes }: Choice): Explored {
  const model = namedModel(name);
  const device = namedDevice(chosen);
  const { context, batch, tp } = sizes;
  for (const [field, value] of Object.entries(sizes)) count("explorer", field, value, 1);
  checkContext(name, model.config.maxPositionEmbeddings, context);
  const one = datasheetRoofs(device, dtype);
  const roofs = { flopsPerS: tp * one.flopsPerS, bytesPerS: tp * one.bytesPerS };
  const bytes = bytesOfFormat[dtype];
  const widths = { weightBytesPerElement: bytes, kvBytesPerElement: bytes };
  const perSequence = kvBytes(model.config, context, bytes);

  const step = (phase: "prefill" | "decode"): ExploredStep => {
    const rows = rooflineRows(
      model,
      {
        device: chosen,
        source: "datasheet",
        peak: { value: roofs.flopsPerS },
        bandwidth: { value: roofs.bytesPerS },
      },
      { phase, context, batch, fusion: "streamed", ...widths, activationBytesPerElement: bytes },
    );
    const [whole] = rows;
    const seconds = roofSeconds(roofs, {
      flops: whole.flops,
      weightBytes: whole.bytes_weights,
      kvBytes: whole.bytes_kv,
      activationBytes: whole.bytes_act,
    });
    const newTokens = batch * (phase === "prefill" ? context : 1);
    const attention = rows.at(-1)!;
    return { phase, step: whole, attention, seconds, tokensPerS: newTokens / seconds };
  };
  return {
    parameters: parameterCount(model.config),
    weightBytes: weightBytes(model.config, bytes),
    kvBytesPerToken: kvBytesPerToken(model.config, bytes),
    kvBytesPerSequence: perSequence,
    kvBytesOfBatch: BigInt(batch) * perSequence,
    fit: kvMemoryRow(model, {
      deviceBytes: device.memoryGB * GB,
      tensorParallel: tp,
      context,
      ...widths,
    }),
    roofs,
    steps: [step("prefill"), step("decode")],
  };
}
