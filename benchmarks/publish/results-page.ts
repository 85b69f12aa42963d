/** docs/results.md: the results of reports/published, each number from its table. */

import { grouped, percent, significant } from "../../src/io/numbers.ts";
import { daysOf, errorFinding, withInterval } from "../../src/report/findings.ts";
import type { TableRow } from "../../src/report/schemas.ts";
import {
  type EngineSummary,
  engineSummaries,
  goldenSummary,
  lawSummary,
} from "../../src/report/summaries.ts";
import type { Reports, Tables } from "../../src/report/tables.ts";
import { bugSections } from "./results-bugs.ts";
import { inRepository, markdownTable, rowsOf, withCommand } from "./results-text.ts";

type EngineRow = TableRow<"engines">;
type RatioRow = TableRow<"ratios">;
type PeerRow = TableRow<"peers">;

/** The held-out results of a trained model, from its training.json. */
export interface TrainedResult {
  readonly name: string;
  readonly parameters: bigint;
  readonly task: "sentences" | "sort";
  /** Cross-entropy in nats for each counted token. */
  readonly loss: number;
  /** The entropy of the task in nats for each token; the least possible loss. */
  readonly entropy: number;
  /** Share of inputs with the right answer, and their number. */
  readonly exact: number;
  readonly inputs: number;
}

export interface Results {
  /** The tables of the published folder. */
  readonly reports: Reports;
  readonly trained: readonly TrainedResult[];
}

/** Returns docs/results.md. */
export function resultsMarkdown({ reports, trained }: Results): string {
  const { tables } = reports;
  const sections = [
    "# Results",
    [
      "This page is written by `npm run benchmarks -- results` from the tables of",
      `[reports/published](${inRepository}/reports/published/README.md), and by \`npm run reports\`, which runs everything again. Each section`,
      `names its command and its table. ${machineText(reports)}`,
    ].join("\n"),
    ...lawSection(tables),
    ...engineSection(tables),
    ...bugSections(tables),
    ...speedSection(tables),
    ...peersSection(tables),
    ...ratesSection(tables),
    ...trainingSection(trained),
  ];
  return `${sections.join("\n\n")}\n`;
}

function machineText({ runs }: Reports): string {
  const { cpu, cores, node } = runs[runs.length - 1];
  return `The machine: ${cpu}, ${cores} cores, Node ${node}.`;
}

function lawSection(tables: Tables): string[] {
  const laws = lawSummary(tables)!;
  const goldens = goldenSummary(tables)!;
  const { nearest } = laws;
  const matched = goldens.rows.length - goldens.broken.length;
  const error = errorFinding(nearest!.worst_error, nearest!.worst_allowed);
  const text = [
    `The reference decoder keeps ${laws.kept.length} of ${laws.rows.length} laws over ${grouped(laws.cases)} cases. The largest error is ${error}`,
    `(\`${nearest!.law}\`). It gives ${matched} of ${goldens.rows.length} recordings of golden logits.`,
  ];
  return ["## Laws", withCommand("npm start", "laws.csv", "goldens.csv"), text.join("\n")];
}

function engineSection(tables: Tables): string[] {
  const head = [
    "engine",
    "versions",
    "arithmetic",
    "kept",
    "broken or unproven",
    "known failures",
    "cases of each law",
    "error nearest to its limit",
    "run",
  ];
  const body = engineSummaries(tables).map((engine) => [
    engine.engine,
    engine.version ?? "",
    engine.arithmetic,
    String(engine.kept),
    String(engine.failing),
    String(engine.rows.filter(({ status }) => status === "known failure").length),
    casesText(engine),
    nearestText(engine.rows),
    daysOf([engine]),
  ]);
  const notes = [
    "All other laws are not offered. Errors are in logits, beside what the noise of the arithmetic allows, or in",
    "log-probabilities for servers. [engines.md](engines.md#defects-found) has the defects found.",
    "Servers (*over HTTP*) are started by hand and tested by `npx causalgate verify --http URL`: `npm run reports` does not",
    "run them, and keeps their rows with the day of their run.",
  ];
  const command = withCommand("npx causalgate verify --subject NAME", "engines.csv");
  return ["## Engines", command, markdownTable(head, body), notes.join("\n")];
}

/** The number of cases of most laws, and of the others: one law by its id, several as a range. */
function casesText({ rows }: EngineSummary): string {
  const kept = rows.filter(({ status }) => status === "kept").toSorted((a, b) => a.cases - b.cases);
  const usual = kept[Math.floor(kept.length / 2)].cases;
  const others = kept.filter(({ cases }) => cases !== usual);
  if (others.length > 1) return `${grouped(kept[0].cases)} to ${grouped(kept.at(-1)!.cases)}`;
  const texts = others.map(({ law, cases }) => `\`${law}\` ${grouped(cases)}`);
  return [grouped(usual), ...texts].join(", ");
}

function nearestText(rows: readonly EngineRow[]): string {
  const share = ({ largest_error, tolerance }: EngineRow) =>
    (largest_error ?? 0) / (tolerance ?? 1);
  const judged = rows.filter(({ status, tolerance }) => status === "kept" && tolerance !== null);
  const [nearest] = judged.toSorted((a, b) => share(b) - share(a));
  if (nearest === undefined) return "";
  return `${errorFinding(nearest.largest_error, nearest.tolerance)} (\`${nearest.law}\`)`;
}

const isGeneration = ({ task, arm_a, ratio_median }: RatioRow) =>
  task === "generation_length" && arm_a === "naive" && ratio_median !== null;

function speedSection(tables: Tables): string[] {
  const rows = rowsOf(tables, "ratios");
  const longest = [...Map.groupBy(rows.filter(isGeneration), ({ model }) => model).values()].map(
    (group) => group.toSorted((a, b) => b.gen_len - a.gen_len)[0],
  );
  const head = [
    "model",
    "prompt, new tokens",
    "time without the cache / with it",
    "95 % interval",
    "ratio of exact FLOPs",
  ];
  const body = longest.map((row) => [
    row.model,
    `${row.prompt_len}, ${grouped(row.gen_len)}`,
    significant(row.ratio_median!),
    `${significant(row.ratio_ci_lo!)} to ${significant(row.ratio_ci_hi!)}`,
    significant(row.flops_ratio_predicted!),
  ]);
  const command = withCommand("npx causalgate bench --scale full", "ratios.csv");
  return ["## The key-value cache", command, markdownTable(head, body)];
}

function peersSection(tables: Tables): string[] {
  const rows = rowsOf(tables, "peers").filter(({ prompt_len }) => prompt_len === 100);
  const names = [...new Set(rows.map(({ engine }) => engine))];
  const groups = Map.groupBy(rows, ({ model, task }) => `${model}, ${task}`);
  const body = [...groups].map(([work, group]) => [
    work,
    ...names.map((name) => peerText(group.find(({ engine }) => engine === name))),
  ]);
  const text = [
    "The same work on one thread, at 100 tokens: one new token with the cache (`decode`) or without (`naive`), or the prompt",
    "(`prefill`). The reference has its median in milliseconds; every other engine the median of its ratios to the reference,",
    "round by round, with the 95 % interval and the verdict.",
  ];
  const command = withCommand("npm run benchmarks -- peers", "peers.csv");
  return ["## Other engines", command, text.join("\n"), markdownTable(["work", ...names], body)];
}

function peerText(row: PeerRow | undefined): string {
  if (row === undefined || row.median_ms === null) return row?.status ?? "";
  const { median_ms: ms, ratio_to_reference: ratio, ratio_ci_lo: low, ratio_ci_hi: high } = row;
  if (ratio === null) return `${significant(ms)} ms`;
  return `${withInterval(ratio, low, high)}, ${row.verdict}`;
}

function ratesSection(tables: Tables): string[] {
  const rows = rowsOf(tables, "rates").filter(({ what }) => what === "decode");
  const head = ["decode of demo, context", "GFLOP/s", "times a bare dot product"];
  const body = rows.map(({ context_tokens, gflops_per_s, ratio_to_dot }) => [
    grouped(context_tokens!),
    significant(gflops_per_s!),
    significant(ratio_to_dot!),
  ]);
  const command = withCommand("npm run benchmarks -- rates", "rates.csv");
  const text =
    "The reference decoder beside a dot product over `Float64Array` in the same process.";
  return ["## Rates", command, text, markdownTable(head, body)];
}

function trainingSection(trained: readonly TrainedResult[]): string[] {
  const tasks = {
    sentences: "sentences of a grammar whose entropy is known exactly",
    sort: "sorting six digits",
  };
  const body = trained.map(({ name, parameters, task, loss, entropy, exact, inputs }) => [
    `\`${name}\``,
    grouped(parameters),
    tasks[task],
    task === "sort"
      ? `${percent(exact)} of ${grouped(inputs)} inputs sorted`
      : `${percent(loss / entropy - 1)} above the entropy`,
  ]);
  const text = [
    "Two models come with the repository. `npm run golden -- models --check` makes them again and compares the bytes.",
    "[training.md](training.md) describes the training.",
  ];
  const head = ["model", "parameters", "task", "held out, after rounding to float16"];
  return ["## Training", text.join("\n"), markdownTable(head, body)];
}
