/** roofline.csv: FLOPs, bytes and intensity of a step, of its operations and of its attention. */
import {
  isAttention,
  sumTraffic,
  type Traffic,
  type TrafficPass,
  trafficBytes,
  trafficRows,
} from "./intensity.ts";
import { rooflinePoint } from "./roofline.ts";
import { type NamedConfig, type Row, schemaVersion } from "./row.ts";

export const rooflineColumns = [
  "schema_version",
  "device",
  "roof_source",
  "peak_flops",
  "peak_ci_lo",
  "peak_ci_hi",
  "bw_bytes_s",
  "bw_ci_lo",
  "bw_ci_hi",
  "ridge",
  "model",
  "phase",
  "level",
  "op",
  "batch",
  "context",
  "flops",
  "bytes_weights",
  "bytes_kv",
  "bytes_act",
  "ai",
  "attainable_flops",
  "achieved_flops",
  "achieved_ci_lo",
  "achieved_ci_hi",
  "bound",
  "status",
] as const;

type RooflineRow = Row<(typeof rooflineColumns)[number]>;

/** A figure and its confidence interval; a datasheet's has none. */
export interface Estimate {
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
}

/** A device and its two roofs, in FLOP/s and bytes/s. */
export interface DeviceRoofs {
  readonly device: string;
  readonly source: "measured" | "datasheet" | "given";
  readonly peak: Estimate;
  readonly bandwidth: Estimate;
}

/** A step: prefill of `context` tokens, or decode of one token that attends `context`. */
export interface Step extends Omit<TrafficPass, "newTokens" | "heldTokens"> {
  readonly phase: "prefill" | "decode";
  readonly context: number;
}

/**
 * The rows of one step on one device: `step` is their sum, `op` each operation, `attention` the sum
 * of scores, softmax and mix. Batching raises the intensity of a step but not of its attention.
 *
 * @param achieved measured FLOP/s of the whole step
 */
export function rooflineRows(
  { name, config }: NamedConfig,
  { device, source, peak, bandwidth }: DeviceRoofs,
  step: Step,
  achieved?: Estimate,
): RooflineRow[] {
  const { phase, context, ...rest } = step;
  const newTokens = phase === "prefill" ? context : 1;
  const rows = trafficRows(config, { ...rest, newTokens, heldTokens: context - newTokens });
  const roofs = { flopsPerS: peak.value, bytesPerS: bandwidth.value };

  const row = (level: string, op: string | null, traffic: Traffic, at?: Estimate): RooflineRow => {
    const point = rooflinePoint(roofs, traffic);
    // A fused kernel may move no byte of its own for an operation: that has no intensity.
    const still = trafficBytes(traffic) === 0n;
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
      model: name,
      phase,
      level,
      op,
      batch: step.batch ?? 1,
      context,
      flops: traffic.flops,
      bytes_weights: traffic.weightBytes,
      bytes_kv: traffic.kvBytes,
      bytes_act: traffic.activationBytes,
      ai: still ? null : point.intensity,
      attainable_flops: still ? null : point.attainableFlops,
      achieved_flops: at?.value ?? null,
      achieved_ci_lo: at?.low ?? null,
      achieved_ci_hi: at?.high ?? null,
      bound: still ? null : point.bound,
      status: still ? "no_traffic" : "ok",
    };
  };
  return [
    row("step", null, sumTraffic(rows), achieved),
    ...rows.map((traffic) => row("op", traffic.operation, traffic)),
    row("attention", null, sumTraffic(rows.filter(isAttention))),
  ];
}
