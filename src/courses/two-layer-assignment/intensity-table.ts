/** The tables of `cost --assumptions assignment`, beside the exact figures. */

import { type NamedConfig, type Row, schemaVersion } from "../../cost/row.ts";
import { assignment, assignmentDifferences, evenSplitSizing, exact } from "./assumptions.ts";
import {
  type AttentionCost,
  assignmentDecodeAttention,
  assignmentPrefillAttention,
} from "./attention-cost.ts";

export const differenceColumns = ["schema_version", "model", "component", "parameters"] as const;

/** From the exact count to the assignment's, one reason a row; the last is the sum of the others. */
export function differenceRows({
  name,
  config,
}: NamedConfig): Row<(typeof differenceColumns)[number]>[] {
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

export const sizingColumns = [
  "schema_version",
  "model",
  "assumptions",
  "devices",
  "device_bytes",
  "context",
  "dtype_bytes",
  "parameters",
  "weight_bytes",
  "kv_bytes_request",
  "max_batch",
] as const;

/** The assignment's batch size and the exact one, both split evenly over the devices. */
export function sizingRows(
  { name, config }: NamedConfig,
  serving: Parameters<typeof evenSplitSizing>[2],
): Row<(typeof sizingColumns)[number]>[] {
  return Object.entries({ exact, assignment }).map(([assumptions, model]) => {
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

export const attentionColumns = [
  "schema_version",
  "model",
  "phase",
  "context",
  "head_dim",
  "batch",
  "dtype_bytes",
  "flops",
  "bytes",
  "ai",
] as const;

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
): Row<(typeof attentionColumns)[number]>[] {
  const { headDim } = config;
  const head = { context, headDim, bytesPerElement };
  const row = (phase: string, batch: number, { intensity, ...cost }: AttentionCost) => ({
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
