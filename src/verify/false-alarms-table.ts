/** false-alarms.csv: the laws on correct code; properties/mutants makes the rows. */
import { defineTable, integer, orBlank, text } from "../io/table.ts";

export const falseAlarmsTable = defineTable({
  file: "false-alarms.csv",
  command: "npm run mutants -- --false-alarms 100000",
  about: "One law or check on correct code, from one seed.",
  columns: {
    run_id: text("start of the run in UTC, its name in run.json"),
    subject: text("name of the implementation"),
    seed: integer("seed of the cases"),
    law: text("id of the law or check"),
    cases: integer("cases tried"),
    reached: integer("cases that met the precondition"),
    time_ms: integer("time of all cases in milliseconds"),
    alarm: orBlank(text("message of the false alarm; blank if there was none")),
  },
});
