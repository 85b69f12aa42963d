/** `npm run mutants`: tries the laws on every mutant, seeks false alarms, compares two runs. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Command, Option } from "commander";
import {
  type FormatOptions,
  formatOption,
  integer,
  jsonOption,
  reportOption,
  runsOption,
  seedOption,
} from "../../src/cli/options.ts";
import { outputOf } from "../../src/cli/output.ts";
import { runProgram } from "../../src/cli/run-program.ts";
import { readTable, writeTable } from "../../src/io/csv.ts";
import { startProgress } from "../../src/io/progress.ts";
import { startRecord, writeRecord } from "../../src/io/run-record.ts";
import type { AnyRow, RowOf, TableSchema } from "../../src/io/table.ts";
import { laws } from "../../src/laws/index.ts";
import { falseAlarmsTable } from "../../src/verify/false-alarms-table.ts";
import { killMatrixTable, mutantsTable } from "../../src/verify/mutants-table.ts";
import { syntacticCommand } from "../syntactic/command.ts";
import { triedAgain } from "./again.ts";
import { checks } from "./checks.ts";
import { compareKills, comparisonText, readKills } from "./compare.ts";
import { alarmsText, tryUnmutated } from "./false-alarms.ts";
import { chapters, mutantById } from "./index.ts";
import { type Outcome, outcomeOf, problemsOf } from "./outcome.ts";
import { inParallel, jobsOption, runWorker } from "./pool.ts";
import { killedText, matrixRow, mutantRow, summaryText, survivorsText } from "./tables.ts";
import { thresholdsCommand } from "./threshold-command.ts";

interface Options extends FormatOptions {
  readonly only?: readonly string[];
  readonly runs: number;
  readonly seed: number;
  readonly jobs: number;
  readonly first: boolean;
  readonly falseAlarms?: number;
  readonly report: string;
}

/** Number of cases of each law that show if the code of a survivor runs at all. */
const casesToReach = "30";

const program = new Command("npm run mutants --")
  .description("plant real bugs, one at a time, and list the laws that they break")
  .option("--only <ID...>", "only these mutants")
  .addOption(runsOption(200))
  .addOption(seedOption())
  .addOption(jobsOption())
  .option("--first", "stop at the first law that a mutant breaks", false)
  .addOption(
    new Option(
      "--false-alarms <N>",
      "try the laws on the unchanged code, on N cases or more",
    ).argParser(integer(1)),
  )
  .addOption(reportOption())
  .addOption(formatOption("text", "json"))
  .addOption(jsonOption())
  .action(async (options: Options) => {
    const clean =
      options.falseAlarms === undefined
        ? await tryMutants(options)
        : await seekFalseAlarms(options, options.falseAlarms);
    process.exitCode = clean ? 0 : 1;
  })
  .enablePositionalOptions() // so that compare has its own --json
  .addCommand(compareCommand())
  .addCommand(thresholdsCommand())
  .addCommand(syntacticCommand());

await runProgram(program);

/** `npm run mutants -- compare OLD.csv`: the losses since an older run; exit code 1 if any. */
function compareCommand(): Command {
  const again = new Option("--again <N>", "seeds to try a lost detection with").default(10);
  return new Command("compare")
    .description("compare two kill matrices; exit code 1 if a mutant or a detection was lost")
    .argument("<OLD>", "kill-matrix.csv of an older run; former names of laws are understood")
    .argument("[NEW]", "that of the newer run", join("reports", "kill-matrix.csv"))
    .addOption(again.argParser(integer(0, 1000)))
    .addOption(runsOption(200))
    .addOption(formatOption("text", "json"))
    .addOption(jsonOption())
    .action(async (older: string, newer: string, options: CompareOptions) => {
      const { lost, ...others } = compareKills(await readKills(older), await readKills(newer));
      const comparison = { ...others, ...(await triedAgain(lost, options)) };
      outputOf(options).result(comparisonText(comparison), comparison);
      const isLost = comparison.missing.length + comparison.lost.length > 0;
      process.exitCode = isLost ? 1 : 0;
    });
}

interface CompareOptions extends FormatOptions {
  readonly again: number;
  readonly runs: number;
}

async function tryMutants(options: Options): Promise<boolean> {
  const before = await readTables(options.report);
  const record = await startRecord("npm run mutants", options.seed);
  const chosen = options.only?.map(mutantById);
  const tasks = Object.entries(chapters)
    .flatMap(([chapter, mutants]) => mutants.map((mutant) => ({ chapter, mutant })))
    .filter(({ mutant }) => chosen?.includes(mutant) ?? true);
  const progress = startProgress("", tasks.length);
  const outcomes = await inParallel(tasks, options.jobs, async ({ chapter, mutant }) => {
    progress.label(mutant.id);
    const shared = ["--mutant", mutant.id, "--seed", String(options.seed)];
    const first = options.first ? ["--first"] : [];
    const { trials } = await runWorker([...shared, ...first, "--runs", String(options.runs)]);
    const survived = trials.every(({ broken }) => broken === null);
    const watched = survived
      ? await runWorker([...shared, "--runs", casesToReach, "--watch"])
      : null;
    progress.step();
    return outcomeOf(mutant, chapter, trials, watched?.ran ?? true);
  });
  progress.stop();
  await writeTables(options.report, record, before, outcomes);
  const problems = problemsOf(outcomes);
  const texts = [
    ...(chosen === undefined ? [] : outcomes.map(describe)),
    ...[summaryText(outcomes), survivorsText(outcomes), killedText(outcomes)],
    ...problems.map((problem) => `problem: ${problem}`),
  ];
  const rows = outcomes.map((outcome) => mutantRow(record.run_id, outcome));
  outputOf(options).result(texts.join("\n"), { mutants: rows, problems });
  return problems.length === 0;
}

/** Returns a mutant with all laws that it breaks, and the error of each. */
function describe({ mutant, status, kills }: Outcome): string {
  const lines = kills.map(({ law, cases, ms, broken }) => {
    return `  ${law}: case ${cases}, ${ms.toFixed(0)} ms: ${broken}`;
  });
  return [`${mutant.id}: ${status}`, ...lines].join("\n");
}

/** The rows of earlier runs. */
interface Tables {
  readonly mutants: readonly RowOf<typeof mutantsTable>[];
  readonly matrix: readonly RowOf<typeof killMatrixTable>[];
}

async function readTables(folder: string): Promise<Tables> {
  const read = async <Schema extends TableSchema>(schema: Schema) => {
    const path = join(folder, schema.file);
    return existsSync(path) ? await readTable(path, schema) : [];
  };
  return { mutants: await read(mutantsTable), matrix: await read(killMatrixTable) };
}

/** Writes the outcomes into the tables of a folder; rows of other mutants are kept. */
async function writeTables(
  folder: string,
  record: Awaited<ReturnType<typeof startRecord>>,
  before: Tables,
  outcomes: readonly Outcome[],
): Promise<void> {
  const lawIds = [...laws, ...checks].map(({ id }) => id);
  const mutantIds = Object.values(chapters).flatMap((mutants) => mutants.map(({ id }) => id));
  const merged = <Row extends { readonly mutant: string }>(
    old: readonly Row[],
    rowOf: (outcome: Outcome) => Row,
  ): Row[] => {
    const rows = [...old, ...outcomes.map(rowOf)];
    return mutantIds.flatMap((id) => rows.findLast(({ mutant }) => mutant === id) ?? []);
  };
  // Laws that an earlier run did not try are blank; columns of another version are left out.
  const matrix = merged(before.matrix, (outcome) => matrixRow(lawIds, outcome)).map(
    ({ mutant, chapter, ...cells }: RowOf<typeof killMatrixTable>) => ({
      ...{ mutant, chapter },
      ...Object.fromEntries(lawIds.map((id) => [id, (cells as AnyRow)[id] ?? null])),
    }),
  );
  const files = [
    await writeTable(
      folder,
      mutantsTable,
      merged(before.mutants, (outcome) => mutantRow(record.run_id, outcome)),
    ),
    await writeTable(folder, killMatrixTable, matrix),
  ];
  await writeRecord(folder, record, files);
}

async function seekFalseAlarms(options: Options, cases: number): Promise<boolean> {
  const record = await startRecord("npm run mutants -- --false-alarms", options.seed);
  const rows = await tryUnmutated({ ...options, cases });
  const file = await writeTable(
    options.report,
    falseAlarmsTable,
    rows.map((row) => ({ run_id: record.run_id, ...row })),
  );
  await writeRecord(options.report, record, [file]);
  outputOf(options).result(alarmsText(rows), rows);
  return rows.every(({ alarm }) => alarm === null);
}
