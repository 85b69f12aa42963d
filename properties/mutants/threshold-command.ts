/** `npm run mutants -- thresholds`: tries large cases on every bug that acts only above a size. */
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
import { type Journal, openJournal } from "../../src/io/journal.ts";
import { startProgress } from "../../src/io/progress.ts";
import { startRecord, writeRecord } from "../../src/io/run-record.ts";
import { schemaVersion } from "../../src/io/table.ts";
import { textTable } from "../../src/io/text-table.ts";
import { laws } from "../../src/laws/index.ts";
import { type ThresholdRow, thresholdsTable } from "../../src/verify/thresholds-table.ts";
import type { Detection } from "./large-trial.ts";
import { inParallel, jobsOption, runWorker } from "./pool.ts";
import { thresholdSurvivors } from "./survivors.ts";
import type { ThresholdMutant } from "./thresholds/mechanism.ts";
import { thresholdChapters, thresholdMutants } from "./thresholds.ts";

interface Options extends FormatOptions {
  readonly only?: readonly string[];
  readonly large: number;
  readonly resume?: boolean;
  readonly seed: number;
  readonly jobs: number;
  readonly report: string;
}

/** Returns the command. */
export function thresholdsCommand(): Command {
  return new Command("thresholds")
    .description("plant bugs that act only above a size, and try large cases on each")
    .option("--only <NAME...>", "only these mechanisms or mutants")
    .addOption(
      new Option("--large <N>", "large cases of each law in each of its dimensions")
        .argParser(integer(1, 10_000))
        .default(100),
    )
    .addOption(seedOption())
    .addOption(jobsOption())
    .option("--resume", "go on with the unfinished run in the report's folder")
    .addOption(reportOption())
    .addOption(formatOption("text", "json"))
    .addOption(jsonOption())
    .action(async (options: Options) => {
      const { only, large, report, resume = false } = options;
      const names = only === undefined ? "" : ` --only ${only.join(" ")}`;
      const command = `npm run mutants -- thresholds --large ${large}${names}`;
      const record = await startRecord(command, options.seed);
      const journal = await openJournal(report, "thresholds", record, resume);
      const rows = await tryAll(chosen(only), options, journal);
      const file = await writeTable(report, thresholdsTable, rows);
      await writeRecord(report, journal.record, [file]);
      await journal.close();
      outputOf(options).result(thresholdsText(rows), rows);
      process.exitCode = rows.some(({ status }) => status === "survived") ? 1 : 0;
    });
}

/** @throws {RangeError} naming the first word that is no mechanism and no mutant */
function chosen(only: readonly string[] | undefined): readonly ThresholdMutant[] {
  if (only === undefined) return thresholdMutants;
  return only.flatMap((name) => {
    const found = thresholdMutants.filter(({ id, mechanism }) => [id, mechanism].includes(name));
    if (found.length > 0) return found;
    throw new RangeError(`thresholds: must be a mechanism or a mutant, got "${name}"`);
  });
}

async function tryAll(
  mutants: readonly ThresholdMutant[],
  { large, seed, jobs }: Options,
  { keep, record }: Journal,
): Promise<ThresholdRow[]> {
  const progress = startProgress("thresholds", mutants.length);
  try {
    const indexed = mutants.map((mutant, i) => ({ mutant, i }));
    return await inParallel(indexed, jobs, async ({ mutant, i }) => {
      progress.label(mutant.id);
      const shared = ["--mutant", mutant.id, "--seed", String(seed), "--large", String(large)];
      const detection = await keep(i, async () => (await runWorker(shared)).detection);
      progress.step();
      return rowOf(record.run_id, mutant, detection);
    });
  } finally {
    progress.stop();
  }
}

const lawIds = new Set(laws.map(({ id }) => id));

function rowOf(runId: string, mutant: ThresholdMutant, detection: Detection | null): ThresholdRow {
  const why = thresholdSurvivors[mutant.id] ?? null;
  const survived = why === null ? "survived" : "open";
  return {
    schema_version: schemaVersion,
    run_id: runId,
    mutant: mutant.id,
    mechanism: mutant.mechanism,
    chapter: chapterOf(mutant),
    threshold_of: mutant.dimension,
    threshold: mutant.threshold,
    bug: mutant.bug,
    link: mutant.links.join(" "),
    file: mutant.file,
    status: detection === null ? survived : "killed",
    detected_by: detection?.law ?? null,
    kind: detection === null ? null : lawIds.has(detection.law) ? "law" : "check",
    dimension: detection?.dimension ?? null,
    cases: detection?.cases ?? null,
    ms: detection === null ? null : Math.round(detection.ms),
    needs: mutant.needs,
    explanation: detection === null ? why : null,
  };
}

function chapterOf({ mechanism }: ThresholdMutant): string {
  const chapters = Object.entries(thresholdChapters);
  return chapters.find(([, all]) => all.some(({ name }) => name === mechanism))?.[0] ?? "";
}

/** Returns the share of the detected bugs by threshold, and every survivor. */
function thresholdsText(rows: readonly ThresholdRow[]): string {
  const line = (name: string, group: readonly ThresholdRow[]) => {
    const killed = group.filter(({ status }) => status === "killed");
    const byLaws = killed.filter(({ kind }) => kind === "law").length;
    const share = `${((100 * killed.length) / group.length).toFixed(1)} %`;
    return [name, ...[group.length, byLaws, killed.length - byLaws].map(String), share];
  };
  const groups = [...Map.groupBy(rows, ({ threshold }) => threshold)].sort(([a], [b]) => a - b);
  const table = textTable(
    ["threshold", "bugs", "by laws", "by checks", "detected"],
    [...groups.map(([threshold, group]) => line(String(threshold), group)), line("all", rows)],
  );
  const survivors = rows
    .filter(({ status }) => status !== "killed")
    .map(
      ({ mutant, bug, explanation }) =>
        `survived: ${mutant}: ${bug}; ${explanation ?? "not explained"}`,
    );
  return [table, ...survivors].join("\n");
}
