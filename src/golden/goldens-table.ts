/** goldens.csv: the comparison of one decoder with every recorded fixture. */
import {
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
import type { GoldenVerdict } from "./check.ts";
import { type Fixture, vocabSizeOf } from "./format.ts";

export const goldensTable = defineTable({
  file: "goldens.csv",
  command: "npx causalgate gate",
  about: "The comparison of a decoder with one recorded fixture.",
  columns: {
    schema_version: version,
    run_id: text("start of the run in UTC, its name in run.json"),
    fixture: text("name of the fixture, its folder in golden/"),
    by: text("implementation that recorded the fixture"),
    rows: integer("rows of logits"),
    vocab: integer("logits in a row"),
    largest_error: orBlank(number("largest error of any logit; blank if one is not a number")),
    tolerance: number("largest error that is allowed"),
    status: oneOf(["kept", "broken"], "whether every logit is within the tolerance"),
  },
});

export type GoldenRow = RowOf<typeof goldensTable>;

/** Returns the row of one fixture. */
export function goldenRow(
  runId: string,
  recorded: Fixture,
  { fixture, rows, largestError, tolerance, difference }: GoldenVerdict,
): GoldenRow {
  return {
    schema_version: schemaVersion,
    run_id: runId,
    fixture,
    by: recorded.manifest.by,
    rows,
    vocab: vocabSizeOf(recorded),
    largest_error: largestError,
    tolerance,
    status: difference === null ? "kept" : "broken",
  };
}
