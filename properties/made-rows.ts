/** Rows of tables that take too long to compute. */
import { blankCells, schemaVersion } from "../src/io/table.ts";
import { schemas, type TableRow } from "../src/report/schemas.ts";

export function thresholdRow(
  mechanism: string,
  threshold: number,
  status: TableRow<"thresholds">["status"],
): TableRow<"thresholds"> {
  const names = { schema_version: schemaVersion, run_id: "run", mechanism, threshold, status };
  const texts = { chapter: "positions", bug: "a table ends", needs: "more tokens", link: "x" };
  const mutant = `${mechanism}-${threshold}`;
  return {
    ...blankCells(schemas.thresholds),
    ...{ ...names, ...texts, mutant, threshold_of: "position", file: "src/math/positions.ts" },
    kind: status === "killed" ? "law" : null,
  };
}

export function curveRow(step: number, loss: number, held_out_loss: number) {
  const rest = { learning_rate: 0.001, gradient_norm: 1 };
  return { step, tokens: 1000 * step, loss, held_out_loss, ...rest };
}

export function peerRow(
  task: TableRow<"peers">["task"],
  engine: string,
  median_ms: number | null,
  ratio: number | null,
): TableRow<"peers"> {
  const names = { schema_version: schemaVersion, run_id: "run", model: "demo", task, engine };
  const sizes = { prompt_len: 100, dtype: "float64", threads: 1, status: "ok" } as const;
  const times = { median_ms, ratio_to_reference: ratio };
  return { ...blankCells(schemas.peers), ...names, ...sizes, ...times };
}
