/** intensity.csv: FLOPs, bytes and intensity of a step, on no particular device. */
import {
  bigInteger,
  defineTable,
  integer,
  number,
  oneOf,
  orBlank,
  type RowOf,
  schemaVersion,
  text,
  version,
} from "../io/table.ts";
import type { NamedConfig } from "../model/config.ts";
import {
  fusions,
  intensity,
  isAttention,
  sumTraffic,
  type Traffic,
  type TrafficPass,
  trafficBytes,
  trafficRows,
} from "./intensity.ts";

/** One inference step: prefill of `context` tokens, or decode of a token that attends `context`. */
export interface InferenceStep extends Omit<TrafficPass, "newTokens" | "heldTokens"> {
  readonly phase: "prefill" | "decode";
  readonly context: number;
}

/** Columns of a step and its traffic, in intensity.csv and roofline.csv. */
export const stepColumns = {
  model: text("model name"),
  phase: oneOf(["prefill", "decode"], "prefill of the context, or decode of its last token"),
  level: oneOf(["step", "op", "attention"], "the whole step, one operation, or its attention"),
  op: orBlank(text("name of the operation; blank for a sum of operations")),
  batch: integer("sequences that run together"),
  context: integer("tokens of each sequence, the new ones included"),
};

export const trafficColumns = {
  flops: bigInteger("exact causal FLOPs"),
  bytes_weights: bigInteger("bytes of weights that are read"),
  bytes_kv: bigInteger("bytes of keys and values that are read and written"),
  bytes_act: bigInteger("bytes of activations that are read and written"),
  ai: orBlank(number("arithmetic intensity in FLOPs per byte; blank if no byte is moved")),
};

export const intensityTable = defineTable({
  file: "intensity.csv",
  command: "npx causalgate demo",
  about: "FLOPs and memory traffic of an inference step, of its operations and of its attention.",
  columns: {
    schema_version: version,
    ...stepColumns,
    fusion: oneOf(fusions, "which activations pass through memory"),
    ...trafficColumns,
  },
});

export type IntensityRow = RowOf<typeof intensityTable>;
type Level = IntensityRow["level"];

/** Returns the traffic of a step: the sum, each operation, and the sum of the attention. */
export function stepTraffic(
  { config }: NamedConfig,
  { phase, context, ...rest }: InferenceStep,
): { readonly level: Level; readonly op: string | null; readonly traffic: Traffic }[] {
  const newTokens = phase === "prefill" ? context : 1;
  const rows = trafficRows(config, { ...rest, newTokens, heldTokens: context - newTokens });
  return [
    { level: "step", op: null, traffic: sumTraffic(rows) },
    ...rows.map((traffic) => ({ level: "op" as const, op: traffic.operation, traffic })),
    { level: "attention", op: null, traffic: sumTraffic(rows.filter(isAttention)) },
  ];
}

/** Returns the cells of traffic. */
export function trafficCells(traffic: Traffic): Pick<IntensityRow, keyof typeof trafficColumns> {
  return {
    flops: traffic.flops,
    bytes_weights: traffic.weightBytes,
    bytes_kv: traffic.kvBytes,
    bytes_act: traffic.activationBytes,
    ai: trafficBytes(traffic) === 0n ? null : intensity(traffic),
  };
}

/** Returns the rows of one step. */
export function intensityRows(model: NamedConfig, step: InferenceStep): IntensityRow[] {
  const { phase, context, batch = 1, fusion } = step;
  return stepTraffic(model, step).map(({ level, op, traffic }) => ({
    schema_version: schemaVersion,
    ...{ model: model.name, phase, level, op, batch, context, fusion },
    ...trafficCells(traffic),
  }));
}
