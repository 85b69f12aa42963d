/** The pages of docs/ that are made from the list of laws. */

import { laws } from "../laws/index.ts";
import { type Chapter, chapters, type Law } from "../laws/law.ts";
import type { SubjectKind } from "../subjects/subject.ts";
import { formerCodeRows } from "./former-codes-table.ts";

/** Words that the page uses, with their meanings. */
const words: Readonly<Record<string, string>> = {
  law: "a property of all decoders, samplers or servers: a statement and a check over cases",
  subject: "what is tested: an engine with logits, a server with completions, or a sampler",
  case: "one generated input: a model, tokens and calls, or logits; a failing one is shrunk",
  needs: "capabilities of the subject that the law uses; without them it is not offered",
  precondition: "condition under which a case can break the law, and the share that must meet it",
  canary: "a violation, planted into the subject under test, that the law must detect there",
  definition: "the equations of the decoder in float64, without a cache: `src/definition.ts`",
  kept: "no case broke the law, its precondition was met, and it detected its canaries",
  unproven: "no case broke the law, but its precondition was not met or a canary not detected",
};

const introduction = [
  "# Laws",
  "",
  "This page is the output of `npx causalgate laws --markdown`; `--json` and `--format csv` give the same as data.",
  "[own-laws.md](own-laws.md) shows how to write one, [engines.md](engines.md#results-of-a-run) every status and exit code.",
  "",
  "| word | meaning |",
  "| --- | --- |",
  ...Object.entries(words).map(([word, meaning]) => `| ${word} | ${meaning} |`),
].join("\n");

/** The needs of every law of a kind, besides those that it lists. */
const kindTexts: Readonly<Record<SubjectKind, readonly string[]>> = {
  logits: ["start", "append"],
  completions: ["completions"],
  choice: [],
};

/** Returns docs/laws.md. */
export function lawsMarkdown(): string {
  return `${[introduction, ...chapters.map(chapterSection)].join("\n\n")}\n`;
}

function chapterSection(chapter: Chapter): string {
  const members = laws.filter((law) => law.chapter === chapter);
  const title = `${chapter[0].toUpperCase()}${chapter.slice(1)}`;
  return [`## ${title}`, ...members.map(lawSection)].join("\n\n");
}

function lawSection({ id, name, kind, precondition, canaries, ...law }: Law): string {
  const needs = [...kindTexts[kind], ...law.needs].map((need) => `\`${need}\``);
  const share = `in at least ${100 * precondition.floor} % of the cases`;
  const items = [
    ["catches", law.catches],
    ["canary", canaries.map(({ bug }) => bug).join("; ")],
    ["precondition", `${precondition.name}, ${share}`],
    ["needs", needs.join(", ")],
    ["source", law.source],
  ].map(([word, text]) => `- ${word}: ${escaped(text)}`);
  const facts = `**${escaped(name)}.** ${escaped(law.statement)}`;
  return [`### ${id}`, facts, items.join("\n")].join("\n\n");
}

/** Returns the text with every character that Markdown would take for markup escaped. */
function escaped(text: string): string {
  return text.replace(/[*_<>[\]|]/g, (character) => `\\${character}`);
}

/** Returns docs/law-names.md. */
export function formerCodesMarkdown(): string {
  const rows = formerCodeRows().map(
    ({ code, law, name }) => `| \`${code}\` | \`${law}\` | ${name} |`,
  );
  return [
    "# Former codes of the laws",
    "",
    "Laws once had codes such as `P-CACHE`. The codes stay valid in `--law`, `--replay`, `knownFailures` and",
    "`corpus.json`, each with one line that gives the new name. Everything else prints the new names.",
    "",
    "This page is the output of `npx causalgate laws --former-codes`.",
    "",
    "| former code | law | in words |",
    "| --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}
