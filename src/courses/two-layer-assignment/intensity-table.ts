/** The tables of `cost --assumptions assignment`, beside the exact figures. */
import {
  bigInteger,
  defineTable,
  integer,
  number,
  oneOf,
  type RowOf,
  schemaVersion,
  text,
  version,
} from "../../io/table.ts";
import type { NamedConfig } from "../../model/config.ts";
import { assignment, assignmentDifferences, evenSplitSizing, exact } from "./assumptions.ts";
import {
  type AttentionCost,
  assignmentDecodeAttention,
  assignmentPrefillAttention,
} from "./attention-cost.ts";

export const differencesTable = defineTable({
  file: "assignment-differences.csv",
  command: "npx causalgate cost parameters --model MODEL --assumptions assignment --format csv",
  about:
    "The exact parameter count, every difference from it in the assignment, and the count of the " +
    "assignment, which is the sum of the rows before it.",
  columns: {
    schema_version: version,
    model: text("model name"),
    component: text("exact, the difference that the row adds, or assignment"),
    parameters: bigInteger("parameters; negative where the assignment counts fewer"),
  },
});

/** Returns the exact count, the differences, and the count of the assignment. */
export function differenceRows({ name, config }: NamedConfig): RowOf<typeof differencesTable>[] {
  const rows = [
    { difference: "exact", parameters: exact.parameters(config) },
    ...assignmentDifferences(config),
    { difference: "assignment", parameters: assignment.parameters(config) },
  ];
  return rows.map(({ difference, parameters }) => ({
    schema_version: schemaVersion,
    model: name,
    component: difference,
    parameters,
  }));
}

export const sizingTable = defineTable({
  file: "assignment-sizing.csv",
  command: "npx causalgate cost batch --model MODEL --assumptions assignment --format csv",
  about:
    "The batch size under the assumptions of the assignment and of the exact model, both split " +
    "evenly over the devices.",
  columns: {
    schema_version: version,
    model: text("model name"),
    assumptions: oneOf(["exact", "assignment"], "whose assumptions"),
    devices: integer("devices that share the model"),
    device_bytes: integer("memory of one device in bytes"),
    context: integer("tokens of every request"),
    dtype_bytes: integer("bytes of one number"),
    parameters: bigInteger("parameters of the model"),
    weight_bytes: bigInteger("bytes of all weights"),
    kv_bytes_request: bigInteger("cache bytes of one request"),
    max_batch: bigInteger("requests that fit at once on all devices"),
  },
});

/** The assignment's batch size and the exact one, both split evenly over the devices. */
export function sizingRows(
  { name, config }: NamedConfig,
  serving: Parameters<typeof evenSplitSizing>[2],
): RowOf<typeof sizingTable>[] {
  return (["exact", "assignment"] as const).map((assumptions) => {
    const model = { exact, assignment }[assumptions];
    const sizing = evenSplitSizing(model, config, serving);
    return {
      schema_version: schemaVersion,
      model: name,
      assumptions,
      devices: serving.devices,
      device_bytes: serving.deviceBytes,
      context: serving.context,
      dtype_bytes: serving.bytesPerElement,
      parameters: sizing.parameters,
      weight_bytes: sizing.weightBytes,
      kv_bytes_request: sizing.kvBytesPerRequest,
      max_batch: sizing.maxBatch,
    };
  });
}

export const assignmentIntensityTable = defineTable({
  file: "assignment-intensity.csv",
  command: "npx causalgate demo",
  about: "Attention of one head by the formulas of the assignment: prefill, and decode by batch.",
  columns: {
    schema_version: version,
    model: text("model name"),
    phase: oneOf(["prefill", "decode"], "prefill of one sequence, or decode of a batch"),
    context: integer("tokens of each sequence"),
    head_dim: integer("width of the head"),
    batch: integer("sequences at once"),
    dtype_bytes: integer("bytes of one number"),
    flops: bigInteger("FLOPs"),
    bytes: bigInteger("bytes of memory traffic, scores and probabilities included"),
    ai: number("arithmetic intensity in FLOPs per byte"),
  },
});

type AssignmentIntensityRow = RowOf<typeof assignmentIntensityTable>;

/** The assignment's attention of one head: prefill of one sequence, decode of each batch. */
export function attentionRows(
  { name, config }: NamedConfig,
  {
    context,
    batches,
    bytesPerElement,
  }: {
    readonly context: number;
    readonly batches: readonly number[];
    readonly bytesPerElement: number;
  },
): AssignmentIntensityRow[] {
  const { headDim } = config;
  const head = { context, headDim, bytesPerElement };
  const row = (
    phase: AssignmentIntensityRow["phase"],
    batch: number,
    { intensity, ...cost }: AttentionCost,
  ): AssignmentIntensityRow => ({
    schema_version: schemaVersion,
    model: name,
    phase,
    context,
    head_dim: headDim,
    batch,
    dtype_bytes: bytesPerElement,
    ...cost,
    ai: intensity,
  });
  return [
    row("prefill", 1, assignmentPrefillAttention(head)),
    ...batches.map((batch) => row("decode", batch, assignmentDecodeAttention(head, batch))),
  ];
}
