/** The tables of laws and mutants. */
import { goldenColumns } from "../../golden/goldens-table.ts";
import { lawColumns } from "../../verify/verdicts.ts";
import { boolean, each, integer, number, oneOf, orBlank, text } from "./cell-types.ts";
import { type Schema, schema, version } from "./schema.ts";

const status = oneOf("kept", "broken", "vacuous", "not offered", "known failure", "now kept");

export const laws = schema("laws.csv", "npm start", lawColumns, {
  ...version,
  ...each(text, "run_id", "subject", "law", "name", "statement", "catches", "precondition"),
  status,
  ...each(integer, "seed", "cases", "reached", "time_ms"),
  floor: number,
  cases_per_s: orBlank(integer),
  canary_seen: orBlank(boolean),
  ...each(orBlank(number), "worst_error", "worst_allowed"),
  ...each(orBlank(text), "error", "replay"),
});

export const goldens = schema("goldens.csv", "npm start", goldenColumns, {
  ...version,
  ...each(text, "run_id", "fixture", "by"),
  ...each(integer, "rows", "vocab"),
  // Blank where the logits were not even numbers.
  largest_error: orBlank(number),
  tolerance: number,
  status: oneOf("kept", "broken"),
});

const mutantColumns = [
  "schema_version",
  "run_id",
  "mutant",
  "chapter",
  "rows",
  "bug",
  "link",
  "file",
  "status",
  "killed_by",
  "first_kill_law",
  "cases_to_first_kill",
  "ms_to_first_kill",
  "reached",
  "needs",
  "explanation",
] as const;

export const mutants = schema("mutants.csv", "npm run mutants", mutantColumns, {
  ...version,
  ...each(text, "run_id", "mutant", "chapter", "bug", "file", "needs"),
  ...each(orBlank(text), "rows", "link", "killed_by", "first_kill_law", "explanation"),
  status: oneOf("killed", "equivalent", "open", "survived"),
  cases_to_first_kill: orBlank(integer),
  ms_to_first_kill: orBlank(number),
  reached: boolean,
});

const matrix = { ...each(text, "mutant", "chapter") };

/** A row for every mutant, a column for every law: the cases to the kill. */
export const killMatrix: Schema<typeof matrix> = {
  ...schema("kill-matrix.csv", "npm run mutants", ["mutant", "chapter"], matrix),
  others: orBlank(integer),
};

const alarmColumns = [
  "run_id",
  "subject",
  "seed",
  "law",
  "cases",
  "reached",
  "time_ms",
  "alarm",
] as const;

export const falseAlarms = schema(
  "false-alarms.csv",
  "npm run mutants -- --false-alarms 100000",
  alarmColumns,
  {
    ...each(text, "run_id", "subject", "law"),
    ...each(integer, "seed", "cases", "reached", "time_ms"),
    alarm: orBlank(text),
  },
);

const engineColumns = [
  "engine",
  "version",
  "arithmetic",
  "law",
  "status",
  "cases",
  "reached",
  "largest_error",
  "tolerance",
  "run_id",
] as const;

export const engines = schema(
  "engines.csv",
  "npx causalgate verify --subject onnxruntime",
  engineColumns,
  {
    ...each(text, "engine", "arithmetic", "law", "run_id"),
    version: orBlank(text),
    status,
    ...each(integer, "cases", "reached"),
    ...each(orBlank(number), "largest_error", "tolerance"),
  },
);
