/** The tables of the mutants of the syntax; properties/syntactic makes their rows. */
import {
  defineTable,
  integer,
  interval,
  number,
  oneOf,
  orBlank,
  type RowOf,
  text,
  version,
} from "../io/table.ts";

const runId = text("start of the run in UTC, its name in run.json");
const command = "npm run mutants -- syntactic";

/**
 * `killed`: a test failed. `timeout`: a test did not end. `equivalent`: no test failed, and none
 * can, with an argument. `survived`: no test failed. `uncovered`: no test reaches it.
 */
export const syntacticStatuses = [
  "killed",
  "timeout",
  "equivalent",
  "survived",
  "uncovered",
] as const;

export const syntacticTable = defineTable({
  file: "syntactic.csv",
  command,
  about: "One replacement of an expression or block that StrykerJS makes, and the test that fails.",
  columns: {
    schema_version: version,
    run_id: runId,
    folder: text("folder of src"),
    file: text("source file that is changed"),
    line: integer("its line"),
    column: integer("its column"),
    mutator: text("kind of the replacement, as StrykerJS names it"),
    original: text("the text that is replaced, shortened"),
    replacement: orBlank(text("the new text, shortened; blank if the text is removed")),
    status: oneOf(syntacticStatuses, "whether a test detects it"),
    detected_by: orBlank(text("test file and test that failed first, or did not end")),
    seconds: number("time of all tests up to the detection"),
    explanation: orBlank(text("reason why no test can detect it")),
  },
});

export type SyntacticRow = RowOf<typeof syntacticTable>;

export const syntacticScoresTable = defineTable({
  file: "syntactic-scores.csv",
  command,
  about: "The share of the mutants of the syntax of one folder that the tests detect.",
  columns: {
    schema_version: version,
    run_id: runId,
    folder: text("folder of src, or all"),
    mutants: integer("mutants that StrykerJS makes"),
    tried: integer("mutants tried: a seeded sample, or all"),
    detected: integer("of these, killed or with a timeout"),
    equivalent: integer("of these, undetected with a reason why no test can detect them"),
    survived: integer("of these, undetected without one"),
    score: number("detected / tried, in which equivalent ones count as undetected"),
    ...interval("score_ci_lo", "score_ci_hi", "score; its ends are the score if all were tried"),
    score_without_equivalent: number("detected / (tried - equivalent)"),
  },
});

export type SyntacticScoreRow = RowOf<typeof syntacticScoresTable>;
