/** goldens.csv: the comparison of one decoder with every recorded fixture. */
import { type Row, schemaVersion } from "../cost/row.ts";
import type { GoldenVerdict } from "./check.ts";
import { type Fixture, vocabSizeOf } from "./format.ts";

export const goldenColumns = [
  "schema_version",
  "run_id",
  "fixture",
  "by",
  "rows",
  "vocab",
  "largest_error",
  "tolerance",
  "status",
] as const;

export type GoldenRow = Row<(typeof goldenColumns)[number]>;

/** The row of one fixture: `rows` rows of `vocab` logits, and the largest error of any of them. */
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
