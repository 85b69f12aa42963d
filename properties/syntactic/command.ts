/** `npm run mutants -- syntactic`: tries the tests on the mutants that StrykerJS makes. */
import { join } from "node:path";
import { Command, Option } from "commander";
import {
  type FormatOptions,
  formatOption,
  integer,
  jsonOption,
  reportOption,
  seedOption,
} from "../../src/cli/options.ts";
import { outputOf } from "../../src/cli/output.ts";
import { writeTable } from "../../src/io/csv.ts";
import { startRecord, writeRecord } from "../../src/io/run-record.ts";
import { schemaVersion } from "../../src/io/table.ts";
import { percent, textTable } from "../../src/io/text-table.ts";
import {
  type SyntacticRow,
  type SyntacticScoreRow,
  syntacticScoresTable,
  syntacticTable,
} from "../../src/verify/syntactic-table.ts";
import { jobsOption } from "../mutants/pool.ts";
import type { Attempt } from "./attempt.ts";
import { explanationOf } from "./equivalent.ts";
import { allMutants, root, type SyntacticMutant } from "./mutants.ts";
import { testFiles } from "./record.ts";
import { discard, tryMutants } from "./run.ts";
import { sampleOf } from "./sample.ts";
import { scoresOf } from "./score.ts";

interface Options extends FormatOptions {
  readonly only?: readonly string[];
  readonly tests?: readonly string[];
  readonly sample?: number;
  readonly seed: number;
  readonly jobs: number;
  readonly fresh?: true;
  readonly report: string;
}

/** Least share of the mutants that must be detected. */
const leastScore = 0.9;

/** Returns the command. */
export function syntacticCommand(): Command {
  return new Command("syntactic")
    .description("replace single expressions and blocks, and run the tests that reach them")
    .addOption(
      new Option("--sample <N>", "a seeded sample of N mutants; all by default").argParser(
        integer(1),
      ),
    )
    .option("--only <PATH...>", "only mutants of files with one of these in their path")
    .option("--tests <PATH...>", "only test files with one of these in their path")
    .addOption(seedOption())
    .addOption(jobsOption())
    .option("--fresh", "discard the recordings and an unfinished run instead of continuing it")
    .addOption(reportOption())
    .addOption(formatOption("text", "json"))
    .addOption(jsonOption())
    .action(run);
}

async function run(options: Options): Promise<void> {
  const { seed, jobs, sample, only, report } = options;
  const record = await startRecord("npm run mutants -- syntactic", seed);
  const work = join(root, "reports/unfinished-syntactic");
  if (options.fresh) await discard(work);
  const mutation = await allMutants();
  const mutants = mutation.mutants.filter(
    ({ file }) => only?.some((part) => file.includes(part)) ?? true,
  );
  const chosen = sampleOf(mutants, Math.min(sample ?? mutants.length, mutants.length), seed);
  if (chosen.length === 0) throw new RangeError("syntactic: --only must match a file, got none");
  const output = outputOf(options);
  output.note(`${chosen.length} of ${mutants.length} mutants, seed ${seed}`);
  const { attempts, failing, unreliable } = await tryMutants(mutation, chosen, {
    ...{ seed, jobs, work, tests: testFiles(options.tests) },
  });
  for (const name of failing) output.note(`fails on the unchanged source, not used: ${name}`);
  if (unreliable.length > 0) {
    const must = "tests that detect mutants must pass on the unchanged source";
    throw new Error(
      `syntactic: ${must}, got failures of ${unreliable.join("; ")}; --fresh tries again`,
    );
  }
  const rows = chosen.map((mutant, i) => rowOf(record.run_id, mutant, attempts[i])).sort(inSource);
  const scores = scoresOf(rows, mutants, record.run_id);
  const files = [
    await writeTable(report, syntacticTable, rows),
    await writeTable(report, syntacticScoresTable, scores),
  ];
  await writeRecord(report, record, files);
  output.result(resultText(rows, scores), { mutants: rows, scores });
  process.exitCode = scores.at(-1)!.score < leastScore ? 1 : 0;
}

const inSource = (a: SyntacticRow, b: SyntacticRow) =>
  a.file === b.file ? a.line - b.line || a.column - b.column : a.file < b.file ? -1 : 1;

function rowOf(runId: string, mutant: SyntacticMutant, result: Attempt): SyntacticRow {
  const { folder, file, line, column, mutator } = mutant;
  const isDetected = result.status === "killed" || result.status === "timeout";
  const explanation = isDetected ? null : explanationOf(mutant);
  const test = result.test === null ? result.file : `${result.file}: ${result.test}`;
  return {
    schema_version: schemaVersion,
    run_id: runId,
    ...{ folder, file, line, column, mutator },
    original: shortened(mutant.original),
    replacement: shortened(mutant.replacement) || null,
    status: explanation === null ? result.status : "equivalent",
    detected_by: test,
    seconds: Number(result.seconds.toFixed(1)),
    explanation,
  };
}

/** Returns a text on one line. */
function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > 120 ? `${line.slice(0, 117)}...` : line;
}

function resultText(rows: readonly SyntacticRow[], scores: readonly SyntacticScoreRow[]): string {
  const table = textTable(
    ["folder", "mutants", "tried", "detected", "score", "95 % interval", "without equivalent"],
    scores.map((row) => [
      row.folder,
      ...[row.mutants, row.tried, row.detected].map(String),
      percent(row.score),
      `${percent(row.score_ci_lo!)} to ${percent(row.score_ci_hi!)}`,
      percent(row.score_without_equivalent),
    ]),
  );
  const left = rows.filter(({ status }) => status !== "killed" && status !== "timeout");
  const lines = left.map((row) => {
    const place = `${row.file}:${row.line}:${row.column}`;
    const change = `${row.original} -> ${row.replacement ?? ""}`;
    const why = row.explanation === null ? "" : `; ${row.explanation}`;
    return `${row.status}: ${place}: ${row.mutator}: ${change}${why}`;
  });
  return [table, ...lines].join("\n");
}
