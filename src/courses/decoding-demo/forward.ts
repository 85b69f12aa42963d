import type { Model } from "../../model/model.ts";
import { traceShapes } from "../../reference/trace.ts";
import type { TableRow } from "../../report/schema/index.ts";

/** One pass over the tokens 0 to 9, as it was observed. */
export function forwardRows(model: Model): TableRow<"forward">[] {
  const tokens = Array.from({ length: 10 }, (_, id) => id);
  return traceShapes(model, [tokens]).map(({ step, symbols, shape }) => ({
    schema_version: 1,
    model: model.name,
    step,
    symbols,
    shape: shape.join("x"),
    numbers: shape.reduce((product, size) => product * size, 1),
  }));
}
