/** The sections of docs/results.md on planted bugs and false alarms. */
import { grouped, percent } from "../../src/io/numbers.ts";
import { mutantCounts } from "../../src/report/mutant-counts.ts";
import type { TableRow } from "../../src/report/schemas.ts";
import type { Tables } from "../../src/report/tables.ts";
import { inRepository, markdownTable, rowsOf, withCommand } from "./results-text.ts";

export function bugSections(tables: Tables): string[] {
  return [
    ...mutantSection(tables),
    ...thresholdSection(tables),
    ...syntacticSection(tables),
    ...alarmSection(tables),
  ];
}

function mutantSection(tables: Tables): string[] {
  const rows = rowsOf(tables, "mutants");
  const counts = (group: readonly TableRow<"mutants">[]) => {
    const { planted, byLaw, byCheckOnly, equivalent, undetected } = mutantCounts(group);
    return [planted, byLaw, byCheckOnly, equivalent, undetected].map(String);
  };
  const real = rows.filter(({ link }) => link !== null);
  const own = rows.filter(({ link }) => link === null);
  const { killed, byLaw, byCheckOnly, medianCases } = mutantCounts(rows);
  const chapters = Map.groupBy(rows, ({ chapter }) => chapter);
  const head = [
    "bugs",
    "planted",
    "detected by a law",
    "only by a check",
    "equivalent",
    "undetected",
  ];
  const table = markdownTable(head, [
    ["real, with a link", ...counts(real)],
    ["our own", ...counts(own)],
    ...Array.from(chapters, ([name, group]) => [name, ...counts(group)]),
    ["all", ...counts(rows)],
  ]);
  const text = [
    `Bugs are planted one at a time, as patches of the source while it is loaded. ${real.length} of the ${rows.length} happened in public code,`,
    `and have a link; ${own.length} were made for this project. ${killed} are detected: ${byLaw} by a law, ${byCheckOnly} only by a check.`,
    `Of the ${byLaw}, the median is detected by case ${medianCases} of the law that needs the fewest. A *check* is a test of a part that`,
    "no law of decoders or samplers sees: golden logits, adapters, file formats, the cost model, gradients and training.",
  ];
  const catalogued = new Set(real.flatMap((row) => row.rows?.split(" ") ?? []));
  const equivalent = rows.filter(({ status }) => status === "equivalent");
  const reasons = equivalent.map(
    ({ mutant, bug, explanation }) => `- \`${mutant}\` (${bug}): ${explanation}.`,
  );
  return [
    "## Planted bugs",
    withCommand("npm run mutants", "mutants.csv", "kill-matrix.csv"),
    text.join("\n"),
    table,
    "No law can detect the equivalent ones:",
    reasons.join("\n"),
    `The same counts from the tables alone:\n\n${recount}`,
    [
      `The real bugs are ${catalogued.size} rows of [a catalogue](${inRepository}/properties/mutants/catalogue.csv) of bugs that happened in public;`,
      "for every other row it has the reason why the bug cannot exist here.",
    ].join("\n"),
  ];
}

/** A program that counts again, independently of this one. */
const recount = `\`\`\`js
// count-bugs.mjs: run it in a clone
import { readFileSync } from "node:fs";
import { parse } from "csv-parse/sync";

const read = (name) => parse(readFileSync(\`reports/published/\${name}.csv\`), { columns: true });
const laws = read("laws").map(({ law }) => law);
const killed = read("mutants").filter(({ status }) => status === "killed");
const byLaw = killed.filter((row) => row.killed_by.split(" ").some((id) => laws.includes(id)));
console.log(killed.length, byLaw.length, killed.length - byLaw.length);
\`\`\``;

/** The bugs that act only above a size; nothing before they were tried. */
function thresholdSection(tables: Tables): string[] {
  if (tables.thresholds === undefined) return [];
  const rows = rowsOf(tables, "thresholds");
  const line = (name: string, group: typeof rows) => {
    const killed = group.filter(({ status }) => status === "killed");
    const byLaw = killed.filter(({ kind }) => kind === "law").length;
    const counts = [group.length, byLaw, killed.length - byLaw, group.length - killed.length];
    return [name, ...counts.map(String)];
  };
  const sizes = [...Map.groupBy(rows, ({ threshold }) => threshold)].sort(([a], [b]) => a - b);
  const survivors = rows.filter(({ status }) => status !== "killed");
  return [
    "## Bugs above a size",
    withCommand("npm run mutants -- thresholds", "thresholds.csv"),
    [
      "Each of these bugs changes nothing up to its threshold. The list was written before the generators drew such sizes;",
      "no bug was removed. A large case is large in one dimension, and minimal in the others.",
    ].join("\n"),
    markdownTable(
      ["threshold", "planted", "detected by a law", "by a check of a loader", "undetected"],
      [...sizes.map(([size, group]) => line(String(size), group)), line("all", rows)],
    ),
    ...(survivors.length === 0
      ? []
      : [
          survivors
            .map(({ mutant, bug, explanation }) => {
              return `- \`${mutant}\` (${bug})${explanation === null ? "" : `: ${explanation}`}.`;
            })
            .join("\n"),
        ]),
  ];
}

/** The mutants of the syntax; nothing before they were tried. */
function syntacticSection(tables: Tables): string[] {
  if (tables.syntactic === undefined) return [];
  const rows = rowsOf(tables, "syntactic");
  const scores = rowsOf(tables, "syntacticScores").map((row) => [
    row.folder === "all" ? "all" : `\`src/${row.folder}\``,
    ...[row.mutants, row.tried, row.detected, row.equivalent, row.survived].map(grouped),
    percent(row.score),
    `${percent(row.score_ci_lo!)} to ${percent(row.score_ci_hi!)}`,
    percent(row.score_without_equivalent),
  ]);
  const left = rows.filter(({ status }) => status !== "killed" && status !== "timeout");
  const lines = left.map(({ file, line, original, replacement, status, explanation }) => {
    const change = `\`${code(original)}\` to \`${code(replacement ?? "nothing")}\``;
    return `- \`${file}:${line}\`, ${change}: ${explanation ?? `${status}, not explained`}.`;
  });
  return [
    "## Mutants of the syntax",
    withCommand("npm run mutants -- syntactic", "syntactic.csv", "syntactic-scores.csv"),
    [
      "StrykerJS, of other authors, makes these mutants: it replaces one expression or block, without knowledge of the",
      "program. The tests that reach a mutant run on it until one fails; one without an end counts as detected. The score is",
      "the share detected of those tried, a seeded sample of every folder; *without equivalent* leaves out those that no test",
      "can detect.",
    ].join("\n"),
    markdownTable(
      [
        ...["folder", "mutants", "tried", "detected", "equivalent", "survived", "score"],
        ...["95 % interval", "without equivalent"],
      ],
      scores,
    ),
    ...(lines.length === 0 ? [] : ["The undetected ones:", lines.join("\n")]),
  ];
}

/** Returns a text for a code span, in which no backtick can be. */
const code = (text: string) => text.replaceAll("`", "'");

function alarmSection(tables: Tables): string[] {
  const rows = rowsOf(tables, "falseAlarms");
  const alarms = rows.filter(({ alarm }) => alarm !== null).length;
  const cases = rows.reduce((sum, row) => sum + row.cases, 0);
  const count = (name: "law" | "seed") => new Set(rows.map((row) => row[name])).size;
  return [
    "## False alarms",
    withCommand("npm run mutants -- --false-alarms 100000", "false-alarms.csv"),
    `${alarms} alarms in ${grouped(cases)} cases of ${count("law")} laws and checks on correct code, from ${count("seed")} seeds.`,
  ];
}
