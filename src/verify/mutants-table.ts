/** The tables of the planted bugs; properties/mutants makes their rows. */
import {
  boolean,
  defineTable,
  integer,
  number,
  oneOf,
  orBlank,
  type RowOf,
  text,
  version,
} from "../io/table.ts";

const id = text("id of the mutant");
const chapter = text("file of properties/mutants with the mutant");

/**
 * `killed`: a law was broken. `equivalent`: none was broken, and none can be, with an argument.
 * `open`: none was broken, for a known reason. `survived`: none was broken, without a reason.
 */
const mutantStatuses = ["killed", "equivalent", "open", "survived"] as const;

export const mutantsTable = defineTable({
  file: "mutants.csv",
  command: "npm run mutants",
  about: "One planted bug, and the laws that detect it.",
  columns: {
    schema_version: version,
    run_id: text("start of the run in UTC, its name in run.json"),
    mutant: id,
    chapter,
    rows: orBlank(text("rows of properties/mutants/catalogue.csv, separated by blanks")),
    bug: text("the defect"),
    link: orBlank(text("issues or commits where it happened, separated by blanks")),
    file: text("source file that is changed"),
    status: oneOf(mutantStatuses, "whether a law detects the bug"),
    killed_by: orBlank(text("laws and checks that detect it, separated by blanks")),
    first_kill_law: orBlank(text("the law of them that needs the fewest cases")),
    cases_to_first_kill: orBlank(integer("cases that this law needs")),
    ms_to_first_kill: orBlank(number("time that this law needs in milliseconds")),
    reached: boolean("whether the changed text was executed"),
    needs: text("condition for a case to show the bug"),
    explanation: orBlank(text("reason why no law detects it")),
  },
});

export type MutantRow = RowOf<typeof mutantsTable>;

export const killMatrixTable = defineTable({
  file: "kill-matrix.csv",
  command: "npm run mutants",
  about: "One mutant; in the column of each law and check the cases that it needs to detect it.",
  columns: { mutant: id, chapter },
  further: orBlank(
    integer("cases that the law of this name needs; blank if it does not detect it"),
  ),
});
