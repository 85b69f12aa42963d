import { dimensions, largestSizes } from "../arbitraries/dimensions.ts";
import {
  defineTable,
  integer,
  oneOf,
  type RowOf,
  schemaVersion,
  text,
  version,
} from "../io/table.ts";
import { grouped } from "../io/text-table.ts";
import type { Report } from "./verify.ts";

export const largeCasesTable = defineTable({
  file: "large-cases.csv",
  command: "npx causalgate gate",
  about: "The number of cases of one law that were large in one dimension.",
  mayBeEmpty: true,
  columns: {
    schema_version: version,
    run_id: text("start of the run in UTC, its name in run.json"),
    subject: text("name of the implementation under test"),
    law: text("id of the law"),
    dimension: oneOf(dimensions, "the large dimension; all others were minimal"),
    most: integer("largest size that is drawn"),
    cases: integer("cases tried"),
  },
});

/** Returns one row for every law and dimension. */
export function largeCasesRows(
  runId: string,
  { verdicts }: Report,
): RowOf<typeof largeCasesTable>[] {
  return verdicts.flatMap(({ law, subject, large }) =>
    large.map(({ dimension, cases }) => ({
      schema_version: schemaVersion,
      run_id: runId,
      ...{ subject, law: law.id, dimension, most: largestSizes[dimension], cases },
    })),
  );
}

/** `3,201 large cases in 13 dimensions, at least 3 of each law in each`; null if there are none. */
export function largeCasesText({ verdicts }: Report): string | null {
  const counts = verdicts.flatMap(({ large }) => large);
  if (counts.length === 0) return null;
  const total = counts.reduce((sum, { cases }) => sum + cases, 0);
  const least = Math.min(...counts.map(({ cases }) => cases));
  const inDimensions = new Set(counts.map(({ dimension }) => dimension)).size;
  const each = `at least ${least} of each law in each of its dimensions`;
  return `${grouped(total)} large cases in ${inDimensions} dimensions, ${each}`;
}
