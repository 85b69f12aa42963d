/** `npm run mutants`: tries the laws on every mutant, seeks false alarms, compares two runs. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Command, Option } from "commander";
import { parse } from "csv-parse/sync";
import { integer, reportOption, runsOption, seedOption } from "../../src/cli/options.ts";
import { runProgram } from "../../src/cli/run-program.ts";
import { writeCsv } from "../../src/io/csv.ts";
import { startProgress } from "../../src/io/progress.ts";
import { startRecord, writeRecord } from "../../src/io/run-record.ts";
import { laws } from "../../src/laws/index.ts";
import { checks } from "./checks.ts";
import { compareKills, comparisonText, readKills } from "./compare.ts";
import { alarmColumns, alarmsText, tryUnmutated } from "./false-alarms.ts";
import { chapters, mutantById } from "./index.ts";
import { type Outcome, outcomeOf, problemsOf } from "./outcome.ts";
import { inParallel, runWorker } from "./pool.ts";
import {
  killedText,
  matrixRow,
  mutantColumns,
  mutantRow,
  summaryText,
  survivorsText,
} from "./tables.ts";

interface Options {
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
  .addOption(new Option("--jobs <N>", "processes at a time").argParser(integer(1, 256)).default(2))
  .option("--first", "stop at the first law that a mutant breaks", false)
  .addOption(
    new Option(
      "--false-alarms <N>",
      "try the laws on the unchanged code, on N cases or more",
    ).argParser(integer(1)),
  )
  .addOption(reportOption())
  .action(async (options: Options) => {
    const clean =
      options.falseAlarms === undefined
        ? await tryMutants(options)
        : await seekFalseAlarms(options, options.falseAlarms);
    process.exitCode = clean ? 0 : 1;
  })
  .addCommand(compareCommand());

await runProgram(program);

/** `npm run mutants -- compare OLD.csv`: the losses since an older run; exit code 1 if any. */
function compareCommand(): Command {
  return new Command("compare")
    .description("compare two kill matrices; exit code 1 if a mutant or a detection was lost")
    .argument("<OLD>", "kill-matrix.csv of an older run; former names of laws are understood")
    .argument("[NEW]", "that of the newer run", join("reports", "kill-matrix.csv"))
    .action(async (older: string, newer: string) => {
      const comparison = compareKills(await readKills(older), await readKills(newer));
      console.log(comparisonText(comparison));
      const isLost = comparison.missing.length + comparison.lost.length > 0;
      process.exitCode = isLost ? 1 : 0;
    });
}

async function tryMutants(options: Options): Promise<boolean> {
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
  if (chosen !== undefined) console.log(outcomes.map(describe).join("\n"));
  await writeTables(options.report, record, outcomes);
  const problems = problemsOf(outcomes);
  console.log([summaryText(outcomes), survivorsText(outcomes), killedText(outcomes)].join("\n"));
  for (const problem of problems) console.log(`problem: ${problem}`);
  return problems.length === 0;
}

/** Returns a mutant with all laws that it breaks, and the error of each. */
function describe({ mutant, status, kills }: Outcome): string {
  const lines = kills.map(({ law, cases, ms, broken }) => {
    return `  ${law}: case ${cases}, ${ms.toFixed(0)} ms: ${broken}`;
  });
  return [`${mutant.id}: ${status}`, ...lines].join("\n");
}

/** Writes the outcomes into the tables of a folder; rows of other mutants are kept. */
async function writeTables(
  folder: string,
  record: Awaited<ReturnType<typeof startRecord>>,
  outcomes: readonly Outcome[],
): Promise<void> {
  const ids = [...laws, ...checks].map(({ id }) => id);
  const write = async (
    name: string,
    columns: readonly string[],
    rowOf: (outcome: Outcome) => MutantRow,
  ) => {
    const path = join(folder, name);
    const fresh = new Map(outcomes.map((outcome) => [outcome.mutant.id, rowOf(outcome)]));
    // Laws that an earlier run did not try are blank; columns of another version are left out.
    const inColumns = (row: MutantRow) =>
      Object.fromEntries(columns.map((column) => [column, row[column] ?? null]));
    const old = new Map((await rowsIn(path)).map((row) => [String(row.mutant), inColumns(row)]));
    const ids = Object.values(chapters).flatMap((mutants) => mutants.map(({ id }) => id));
    const rows = ids.map((id) => fresh.get(id) ?? old.get(id)).filter((row) => row !== undefined);
    await writeCsv(path, columns, rows);
    return path;
  };
  const files = [
    await write("mutants.csv", mutantColumns, (one) => mutantRow(record.run_id, one)),
    await write("kill-matrix.csv", ["mutant", "chapter", ...ids], (one) => matrixRow(ids, one)),
  ];
  await writeRecord(folder, record, files);
}

type MutantRow = Readonly<Record<string, string | number | boolean | null>>;

async function rowsIn(path: string): Promise<MutantRow[]> {
  return existsSync(path) ? parse(await readFile(path), { columns: true }) : [];
}

async function seekFalseAlarms(options: Options, cases: number): Promise<boolean> {
  const record = await startRecord("npm run mutants -- --false-alarms", options.seed);
  const rows = await tryUnmutated({ ...options, cases });
  const file = join(options.report, "false-alarms.csv");
  await writeCsv(
    file,
    alarmColumns,
    rows.map((row) => ({ run_id: record.run_id, ...row })),
  );
  await writeRecord(options.report, record, [file]);
  console.log(alarmsText(rows));
  return rows.every(({ alarm }) => alarm === null);
}
