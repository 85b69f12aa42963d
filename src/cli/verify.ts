import { join } from "node:path";
import { Command } from "commander";
import { lawByCode, laws } from "../laws/index.ts";
import { writeCsv } from "../report/csv.ts";
import { startRecord, writeRecord } from "../report/run-record.ts";
import { lawCells, lawColumns, reportText } from "../report/verdicts.ts";
import { subjectByName } from "../subjects.ts";
import { isClean } from "../verify/verify.ts";
import { reportOption, runsOption, seedOption } from "./options.ts";
import { runLaws } from "./run-laws.ts";

interface Options {
  readonly subject: string;
  readonly law?: readonly string[];
  readonly runs: number;
  readonly seed: number;
  readonly path?: string;
  readonly report: string;
}

/** `causalgate verify`: laws on one subject, with a replay of any failure. */
export function verifyCommand(): Command {
  return new Command("verify")
    .description("try the laws on a decoder; exit code 1 when one is broken")
    .option("--subject <NAME>", "who is tried", "reference")
    .option("--law <CODE...>", "only these laws, by code")
    .addOption(runsOption(1000))
    .addOption(seedOption())
    .option("--path <PATH>", "replay one case, as a failure printed it; needs one --law")
    .addOption(reportOption())
    .action(async (options: Options, command: Command) => {
      const { path, seed, runs } = options;
      const chosen = options.law?.map(lawByCode) ?? laws;
      if (path !== undefined && chosen.length !== 1) {
        command.error(`error: --path must come with one --law, got ${chosen.length}`);
      }
      const record = await startRecord("causalgate verify", seed);
      const replay = path === undefined ? {} : { path };
      const subject = subjectByName(options.subject);
      const report = await runLaws(subject, chosen, { seed, runs, ...replay });
      console.log(reportText(report));
      if (path === undefined) {
        const file = join(options.report, "laws.csv");
        await writeCsv(file, lawColumns, lawCells(record.run_id, report));
        await writeRecord(options.report, record, [file]);
        console.log(`seed ${seed}; written: ${file}`);
      }
      process.exitCode = isClean(report) ? 0 : 1;
    });
}
