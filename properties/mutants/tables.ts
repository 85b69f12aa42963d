/** The outcomes of a run as tables and as text. */
import { schemaVersion } from "../../src/io/table.ts";
import { textTable } from "../../src/io/text-table.ts";
import type { MutantRow } from "../../src/verify/mutants-table.ts";
import { median, type Outcome } from "./outcome.ts";
import { survivors } from "./survivors.ts";

/** Returns the row of a mutant. The first kill is by the law that needed the fewest cases. */
export function mutantRow(
  runId: string,
  { mutant, chapter, status, kills, reached }: Outcome,
): MutantRow {
  const first = kills.at(0);
  return {
    schema_version: schemaVersion,
    run_id: runId,
    mutant: mutant.id,
    chapter,
    rows: mutant.rows.join(" ") || null,
    bug: mutant.bug,
    link: mutant.links.join(" ") || null,
    file: mutant.file,
    status,
    killed_by: kills.map(({ law }) => law).join(" ") || null,
    first_kill_law: first?.law ?? null,
    cases_to_first_kill: first?.cases ?? null,
    ms_to_first_kill: first === undefined ? null : Math.round(first.ms * 10) / 10,
    reached,
    needs: mutant.needs,
    explanation: survivors[mutant.id]?.why ?? null,
  };
}

/**
 * The kill matrix: a row for every mutant, a column for every law, the cases to the kill in each.
 */
export function matrixRow(ids: readonly string[], { mutant, chapter, kills }: Outcome) {
  const cases = new Map(kills.map((kill) => [kill.law, kill.cases]));
  const cells = ids.map((id) => [id, cases.get(id) ?? null] as const);
  return { mutant: mutant.id, chapter, ...Object.fromEntries(cells) };
}

/** Returns a table: for each chapter the number of killed mutants, and of cases needed. */
export function summaryText(outcomes: readonly Outcome[]): string {
  const chapters = Map.groupBy(outcomes, ({ chapter }) => chapter);
  const line = (name: string, group: readonly Outcome[]) => {
    const count = (status: Outcome["status"]) =>
      group.filter((one) => one.status === status).length;
    const killed = group.filter(({ status }) => status === "killed");
    const cases = median(killed.map(({ kills }) => kills[0].cases));
    const counts = [count("killed"), count("equivalent"), count("open") + count("survived")];
    return [name, String(group.length), ...counts.map(String), String(cases)];
  };
  const head = ["chapter", "mutants", "killed", "equivalent", "alive", "median cases"];
  const rows = Array.from(chapters, ([name, group]) => line(name, group));
  return textTable(head, [...rows, line("all", outcomes)]);
}

/** Returns every survivor with the reason. */
export function survivorsText(outcomes: readonly Outcome[]): string {
  return outcomes
    .filter(({ status }) => status !== "killed")
    .map(({ mutant: { id, bug }, status, reached }) => {
      const ran = reached ? "" : "; its own text never ran";
      return `${status}: ${id}: ${bug}\n  ${survivors[id]?.why ?? "not explained"}${ran}`;
    })
    .join("\n");
}

/** `203 of 210 mutants killed, 5 equivalent left out: 96.7 %, median 2 cases to the first kill` */
export function killedText(outcomes: readonly Outcome[]): string {
  const killed = outcomes.filter(({ status }) => status === "killed");
  const equivalent = outcomes.filter(({ status }) => status === "equivalent").length;
  const judged = outcomes.length - equivalent;
  const share = ((100 * killed.length) / judged).toFixed(1);
  const cases = median(killed.map(({ kills }) => kills[0].cases));
  const left = `${equivalent} equivalent ones left out`;
  const rows = new Set(outcomes.flatMap(({ mutant }) => mutant.rows)).size;
  const kills = killed.flatMap((one) => one.kills.map((kill) => kill.cases));
  return [
    `${killed.length} of ${judged} mutants killed (${share} %), ${left}; ${rows} rows of real bugs;`,
    `cases to the first kill: median ${cases} by the law or check that needs fewest, ${median(kills)} over all ${kills.length} kills`,
  ].join("\n");
}
