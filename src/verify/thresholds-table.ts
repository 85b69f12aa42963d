import { dimensions } from "../arbitraries/dimensions.ts";
import { defineTable, integer, oneOf, orBlank, type RowOf, text, version } from "../io/table.ts";

/**
 * `killed`: a law or a check was broken. `survived`: none was. `open`: none was, for a known reason.
 */
export const thresholdStatuses = ["killed", "survived", "open"] as const;

export const thresholdsTable = defineTable({
  file: "thresholds.csv",
  command: "npm run mutants -- thresholds",
  about: "One bug that acts only above a size, and the first law that detects it.",
  columns: {
    schema_version: version,
    run_id: text("start of the run in UTC, its name in run.json"),
    mutant: text("id of the mutant"),
    mechanism: text("name of the bug, which is planted at several thresholds"),
    chapter: text("file of properties/mutants/thresholds with the mechanism"),
    threshold_of: text("the size that has the threshold"),
    threshold: integer("largest size with the right result"),
    bug: text("the defect"),
    link: text("issues or commits where it happened, separated by blanks"),
    file: text("source file that is changed"),
    status: oneOf(thresholdStatuses, "whether a law or a check detects the bug"),
    detected_by: orBlank(text("the first law or check that was broken")),
    kind: orBlank(oneOf(["law", "check"], "whether that is a law, or a check of a loader")),
    dimension: orBlank(
      oneOf(dimensions, "the large dimension of that case; blank if it was small"),
    ),
    cases: orBlank(integer("cases of all laws up to the detection, most of them small")),
    ms: orBlank(integer("time up to the detection in milliseconds")),
    needs: text("condition for a case to show the bug"),
    explanation: orBlank(text("reason why no law detects it")),
  },
});

export type ThresholdRow = RowOf<typeof thresholdsTable>;
