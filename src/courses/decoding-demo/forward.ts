import { defineTable, integer, type RowOf, schemaVersion, text, version } from "../../io/table.ts";
import type { Model } from "../../model/model.ts";
import { traceShapes } from "../../reference/trace.ts";

export const forwardTable = defineTable({
  file: "forward.csv",
  command: "npx causalgate demo",
  about: "One step of a forward pass, with the observed shape.",
  columns: {
    schema_version: version,
    model: text("model name"),
    step: text("operation of the pass"),
    symbols: text("its shape in letters"),
    shape: text("its shape in numbers, as in 10x64"),
    numbers: integer("numbers in it"),
  },
});

/** Returns the observed steps of one pass over the tokens 0 to 9. */
export function forwardRows(model: Model): RowOf<typeof forwardTable>[] {
  const tokens = Array.from({ length: 10 }, (_, id) => id);
  return traceShapes(model, [tokens]).map(({ step, symbols, shape }) => ({
    schema_version: schemaVersion,
    model: model.name,
    step,
    symbols,
    shape: shape.join("x"),
    numbers: shape.reduce((product, size) => product * size, 1),
  }));
}
