/** FLOPs, bytes and intensity of a step, of its operations and of its attention, on no device. */
import {
  intensity,
  isAttention,
  sumTraffic,
  type Traffic,
  trafficBytes,
  trafficRows,
} from "./intensity.ts";
import type { Step } from "./roofline-table.ts";
import { type NamedConfig, type Row, schemaVersion } from "./row.ts";

export const intensityColumns = [
  "schema_version",
  "model",
  "phase",
  "level",
  "op",
  "batch",
  "context",
  "fusion",
  "flops",
  "bytes_weights",
  "bytes_kv",
  "bytes_act",
  "ai",
] as const;

type IntensityRow = Row<(typeof intensityColumns)[number]>;

/** The rows of one step, as in roofline.csv: `ai` is FLOPs per byte, null where none is moved. */
export function intensityRows({ name, config }: NamedConfig, step: Step): IntensityRow[] {
  const { phase, context, ...rest } = step;
  const newTokens = phase === "prefill" ? context : 1;
  const rows = trafficRows(config, { ...rest, newTokens, heldTokens: context - newTokens });
  const row = (level: string, op: string | null, traffic: Traffic): IntensityRow => ({
    schema_version: schemaVersion,
    model: name,
    phase,
    level,
    op,
    batch: step.batch ?? 1,
    context,
    fusion: step.fusion,
    flops: traffic.flops,
    bytes_weights: traffic.weightBytes,
    bytes_kv: traffic.kvBytes,
    bytes_act: traffic.activationBytes,
    ai: trafficBytes(traffic) === 0n ? null : intensity(traffic),
  });
  return [
    row("step", null, sumTraffic(rows)),
    ...rows.map((traffic) => row("op", traffic.operation, traffic)),
    row("attention", null, sumTraffic(rows.filter(isAttention))),
  ];
}
