/** roofline.csv: FLOPs, bytes and intensity of a step under the two roofs of a device. */
import {
  defineTable,
  interval,
  number,
  oneOf,
  orBlank,
  type RowOf,
  schemaVersion,
  text,
  version,
} from "../io/table.ts";
import type { NamedConfig } from "../model/config.ts";
import { trafficBytes } from "./intensity.ts";
import {
  type InferenceStep,
  stepColumns,
  stepTraffic,
  trafficCells,
  trafficColumns,
} from "./intensity-table.ts";
import { rooflinePoint } from "./roofline.ts";

const sources = ["measured", "datasheet", "given"] as const;

export const rooflineTable = defineTable({
  file: "roofline.csv",
  command: "npx causalgate bench",
  about: "FLOPs and memory traffic of an inference step and the FLOP/s that a device can reach.",
  columns: {
    schema_version: version,
    device: text("device name; host is the machine of the benchmark"),
    roof_source: oneOf(sources, "origin of the two roofs"),
    peak_flops: number("peak FLOP/s"),
    ...interval("peak_ci_lo", "peak_ci_hi", "peak_flops"),
    bw_bytes_s: number("memory bandwidth in bytes per second"),
    ...interval("bw_ci_lo", "bw_ci_hi", "bw_bytes_s"),
    ridge: number("intensity at which both roofs meet, in FLOPs per byte"),
    ...stepColumns,
    ...trafficColumns,
    attainable_flops: orBlank(number("largest FLOP/s that the roofs allow at this intensity")),
    achieved_flops: orBlank(number("measured FLOP/s of the whole step")),
    ...interval("achieved_ci_lo", "achieved_ci_hi", "achieved_flops"),
    bound: orBlank(oneOf(["memory", "compute"], "the roof that limits the step")),
    status: oneOf(["ok", "no_traffic"], "no_traffic: the operation moves no byte"),
  },
});

export type RooflineRow = RowOf<typeof rooflineTable>;

/** A value and its confidence interval; values of a data sheet have none. */
export interface Estimate {
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
}

/** A device and its two roofs, in FLOP/s and bytes/s. */
export interface DeviceRoofs {
  readonly device: string;
  readonly source: (typeof sources)[number];
  readonly peak: Estimate;
  readonly bandwidth: Estimate;
}

/**
 * Returns the rows of one step on one device. Batching raises the intensity of a step but not that
 * of its attention.
 *
 * @param achieved measured FLOP/s of the whole step
 */
export function rooflineRows(
  model: NamedConfig,
  { device, source, peak, bandwidth }: DeviceRoofs,
  step: InferenceStep,
  achieved?: Estimate,
): RooflineRow[] {
  const { phase, context, batch = 1 } = step;
  const roofs = { flopsPerS: peak.value, bytesPerS: bandwidth.value };
  return stepTraffic(model, step).map(({ level, op, traffic }) => {
    const point = rooflinePoint(roofs, traffic);
    const isMoved = trafficBytes(traffic) > 0n;
    const measured = level === "step" ? achieved : undefined;
    return {
      schema_version: schemaVersion,
      device,
      roof_source: source,
      peak_flops: peak.value,
      peak_ci_lo: peak.low ?? null,
      peak_ci_hi: peak.high ?? null,
      bw_bytes_s: bandwidth.value,
      bw_ci_lo: bandwidth.low ?? null,
      bw_ci_hi: bandwidth.high ?? null,
      ridge: point.ridge,
      ...{ model: model.name, phase, level, op, batch, context },
      ...trafficCells(traffic),
      attainable_flops: isMoved ? point.attainableFlops : null,
      achieved_flops: measured?.value ?? null,
      achieved_ci_lo: measured?.low ?? null,
      achieved_ci_hi: measured?.high ?? null,
      bound: isMoved ? point.bound : null,
      status: isMoved ? "ok" : "no_traffic",
    };
  });
}
