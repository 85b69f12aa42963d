/** rates.csv: rates as ratios within one process; benchmarks/ makes the rows. */
import { defineTable, integer, number, orBlank, type RowOf, text, version } from "../io/table.ts";
import { runId } from "./sample.ts";

export const ratesTable = defineTable({
  file: "rates.csv",
  command: "npm run benchmarks -- rates",
  about:
    "The rate of a bare dot product, of cached decode at a context, or of the cases of one law.",
  columns: {
    schema_version: version,
    run_id: runId,
    what: text("dot, decode, or the id of a law"),
    context_tokens: orBlank(integer("tokens that decode attends to")),
    n: orBlank(integer("samples, or cases")),
    median_ms: orBlank(number("median time in milliseconds")),
    gflops_per_s: orBlank(number("10^9 exact FLOPs per second at the median")),
    ratio_to_dot: orBlank(number("gflops_per_s divided by that of the dot product")),
    cases_per_s: orBlank(integer("cases of the law per second")),
    checksum: orBlank(number("a result of the computation, so that it cannot be omitted")),
  },
});

export type RateRow = RowOf<typeof ratesTable>;
