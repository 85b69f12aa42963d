/** params.csv: every tensor of a model, and the totals. */
import {
  bigInteger,
  defineTable,
  orBlank,
  type RowOf,
  schemaVersion,
  text,
  version,
} from "../io/table.ts";
import type { NamedConfig } from "../model/config.ts";
import { type ParameterRow, parameterRows, parameterSummary } from "./parameters.ts";

export const paramsTable = defineTable({
  file: "params.csv",
  command: "npx causalgate cost parameters --model MODEL --format csv",
  about:
    "The tensors of a model, whose counts sum to total, then the total with the head tied to the " +
    "embedding and with it untied.",
  columns: {
    schema_version: version,
    model: text("model name"),
    component: text("tensor name, * for the number of a layer; or total, total_tied, total_untied"),
    shape: orBlank(
      text("sizes, as in 32x4096x4096; the first is the layers where every one has it"),
    ),
    count: bigInteger("parameters; 0 in a tied tensor"),
    tied_to: orBlank(text("tensor whose memory it shares")),
    bytes_fp32: bigInteger("size at 4 bytes per parameter"),
    bytes_fp16: bigInteger("size at 2 bytes per parameter"),
    source: text("document or file of the configuration"),
  },
});

export type ParamsRow = RowOf<typeof paramsTable>;

/**
 * Returns the rows of one model.
 *
 * @param source document or file of the configuration
 */
export function paramsRows({ name, config }: NamedConfig, source: string): ParamsRow[] {
  const row = (
    component: string,
    shape: string | null,
    count: bigint,
    tiedTo: string | null,
  ): ParamsRow => ({
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
