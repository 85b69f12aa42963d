/** params.csv: every tensor of a model, and what they sum to. */
import { type ParameterRow, parameterRows, parameterSummary } from "./parameters.ts";
import { type NamedConfig, type Row, schemaVersion } from "./row.ts";

export const paramsColumns = [
  "schema_version",
  "model",
  "component",
  "shape",
  "count",
  "tied_to",
  "bytes_fp32",
  "bytes_fp16",
  "source",
] as const;

/**
 * The rows of one model: its tensors, whose counts sum to `total`, and what the total is or would
 * be with the head tied to the embedding and with it untied. The shape of a tensor of every layer
 * begins with the number of layers, `32x4096x4096`.
 *
 * @param source where the configuration is from
 */
export function paramsRows(
  { name, config }: NamedConfig,
  source: string,
): Row<(typeof paramsColumns)[number]>[] {
  const row = (component: string, shape: string | null, count: bigint, tiedTo: string | null) => ({
    schema_version: schemaVersion,
    model: name,
    component,
    shape,
    count,
    tied_to: tiedTo,
    bytes_fp32: 4n * count,
    bytes_fp16: 2n * count,
    source,
  });
  const { total, tied, untied } = parameterSummary(config);
  return [
    ...parameterRows(config).map((r) => row(r.component, shapeText(r), r.count, r.tiedTo)),
    row("total", null, total, null),
    row("total_tied", null, tied, null),
    row("total_untied", null, untied, null),
  ];
}

function shapeText({ component, copies, shape }: ParameterRow): string {
  return (component.includes("*") ? [copies, ...shape] : shape).join("x");
}
