import { grouped, percent, textTable } from "../io/text-table.ts";
import type { ModelConfig } from "../model/config.ts";
import { architectureText } from "./architecture.ts";
import { type ModelSummary, summary } from "./summary.ts";

/**
 * Returns the summary of a model as text: modules, parameters by layer, inside one block and by
 * tensor, and the total with a tied and an untied head.
 */
export function summaryText(config: ModelConfig): string {
  const counted = summary(config);
  return [
    architectureText(config),
    layerTable(counted),
    blockTable(counted),
    tensorTable(counted),
    totals(config, counted),
  ].join("\n\n");
}

function layerTable({ layers, total }: ModelSummary): string {
  const rows = layers.map(({ layer, copies, each, parameters, share }) => [
    copies === 1 ? layer : `${layer} (${copies} x ${grouped(each)})`,
    grouped(parameters),
    percent(share),
  ]);
  const sum = ["total", grouped(total), percent(1)];
  return textTable(["layer", "parameters", "share"], [...rows, sum]);
}

function blockTable({ block }: ModelSummary): string {
  const rows = block.map(({ part, parameters, share }) => [
    part,
    grouped(parameters),
    percent(share),
  ]);
  const each = block.reduce((total, { parameters }) => total + parameters, 0n);
  const sum = ["block", grouped(each), percent(1)];
  return textTable(["part of one block", "parameters", "share"], [...rows, sum]);
}

function tensorTable({ tensors, total }: ModelSummary): string {
  const rows = tensors.map(({ component, copies, shape, count, tiedTo, share }) => [
    component,
    `${copies === 1 ? "" : `${copies} x `}[${shape.join(", ")}]`,
    tiedTo === null ? grouped(count) : "0 (tied)",
    percent(share),
  ]);
  const sum = ["total", "", grouped(total), percent(1)];
  return textTable(["tensor", "shape", "parameters", "share"], [...rows, sum]);
}

function totals(config: ModelConfig, { tied, untied }: ModelSummary): string {
  const isTied = config.tieWordEmbeddings;
  const hypothetical = (other: boolean) => (other ? " (hypothetical)" : "");
  return [
    `tied${hypothetical(!isTied)}: ${grouped(tied)} parameters`,
    `untied${hypothetical(isTied)}: ${grouped(untied)} parameters`,
    `tying ${isTied ? "saves" : "would save"} V * D = ${grouped(untied - tied)}`,
  ].join("\n");
}
