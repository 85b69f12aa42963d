/** law-list.csv: the laws as `causalgate laws` lists them. */
import { defineTable, number, oneOf, orBlank, type RowOf, text } from "../io/table.ts";
import { subjectKinds } from "../subjects/subject.ts";
import type { Law } from "./law.ts";

export const lawListTable = defineTable({
  file: "law-list.csv",
  command: "npx causalgate laws --format csv",
  about: "One law.",
  columns: {
    id: text("id of the law, as in --law"),
    chapter: orBlank(text("group of related laws; blank for a law from outside")),
    name: text("name of the law in words"),
    statement: text("statement of the law"),
    catches: text("bugs that break the law"),
    source: text("origin of the law"),
    kind: oneOf(subjectKinds, "kind of subject that the law tests"),
    needs: orBlank(text("capabilities that the law needs, separated by blanks")),
    precondition: text("condition under which a case can break the law"),
    floor: number("smallest share of cases that must meet the precondition"),
    canary: text("the violations that are planted to check the law"),
  },
});

export type LawListRow = RowOf<typeof lawListTable>;

/** Returns the row of one law. */
export function lawListRow({ needs, precondition, canaries, ...law }: Law): LawListRow {
  const { id, chapter = null, name, statement, catches, source, kind } = law;
  return {
    ...{ id, chapter, name, statement, catches, source, kind },
    needs: needs.join(" ") || null,
    precondition: precondition.name,
    floor: precondition.floor,
    canary: canaries.map(({ bug }) => bug).join("; "),
  };
}
