import { basename, join } from "node:path";
import { Command, Option } from "commander";
import { writeTable } from "../io/csv.ts";
import { checkWritable, writeWhole } from "../io/files.ts";
import { startRecord, writeRecord } from "../io/run-record.ts";
import { lawById, laws } from "../laws/index.ts";
import { casesOf, keepCases, lineOf, parseReplay, readCorpus } from "../verify/corpus.ts";
import { type Engine, writeEngines } from "../verify/engines-table.ts";
import { generatorText } from "../verify/generator-text.ts";
import { junitText } from "../verify/junit.ts";
import { largeCasesRows, largeCasesTable } from "../verify/large-cases-table.ts";
import { lawRows, lawsTable } from "../verify/laws-table.ts";
import type { Shard } from "../verify/shard.ts";
import { describeVerdict, replayLine, reportJson, reportText } from "../verify/verdicts.ts";
import { exitCodeOf, type Report } from "../verify/verify.ts";
import {
  caseTimeoutOption,
  durationOption,
  type FormatOptions,
  formatOption,
  jsonOption,
  largeOption,
  memoryOption,
  reportOption,
  runsOption,
  seedOption,
  shardOption,
} from "./options.ts";
import { outputOf } from "./output.ts";
import { type SubjectOptions, subjectOptions } from "./subject-options.ts";
import { replayOf, runOf } from "./verify-subject.ts";

interface Options extends SubjectOptions, FormatOptions {
  readonly law?: readonly string[];
  readonly runs: number;
  readonly large?: number;
  readonly time?: number;
  readonly caseTimeout: number;
  readonly memory: number;
  readonly seed: number;
  readonly replay?: string;
  readonly shard?: Shard;
  readonly statistics?: true;
  readonly report: string;
}

const examples = `
Examples:
  causalgate verify                                    every law, 1,000 cases each
  causalgate verify --engine my-engine.ts --time 2m    your own engine, for two minutes
  causalgate verify --subject transformers             another engine, into engines.csv
  causalgate verify --http http://127.0.0.1:8080 --model model.gguf
  causalgate verify --law cache-equality rewind-equality --runs 20000
  causalgate verify --replay cache-equality/42/3:0:1   one case, as a failure printed it

Exit codes: 0 every law kept, a known failure or not offered; 1 a law broken, not deterministic,
now kept (declared in knownFailures) or ended with an error; 2 wrong usage; 3 incomplete: a law
unproven (the violation planted for it was not detected, or its precondition not met) or out of
time, or no law tested
`;

/** `causalgate verify`: runs laws on one subject, and replays failures. */
export function verifyCommand(): Command {
  const command = new Command("verify").description(
    "run the laws on an engine, and replay a failure",
  );
  for (const option of subjectOptions()) command.addOption(option);
  return command
    .option("--law <ID...>", "only these laws")
    .addOption(runsOption(1000))
    .addOption(largeOption())
    .addOption(durationOption())
    .addOption(caseTimeoutOption())
    .addOption(memoryOption())
    .addOption(seedOption())
    .option("--replay <LINE>", "one case: ID/SEED/PATH, as a failure printed it")
    .addOption(shardOption())
    .addOption(statisticsOption())
    .addOption(reportOption())
    .addOption(formatOption("text", "json"))
    .addOption(jsonOption())
    .addHelpText("after", examples)
    .action(async (options: Options) => {
      if (options.statistics) return console.log(await generatorText(options.seed, options.runs));
      process.exitCode =
        options.replay === undefined ? await runChosenLaws(options) : await replay(options);
    });
}

/** `--statistics` */
function statisticsOption(): Option {
  const statistics = new Option(
    "--statistics",
    `print the distribution of the generated models, and the values and pairs of values of arguments that no law's call on the reference has`,
  );
  return statistics.conflicts(["json", "format"]);
}

async function replay(options: Options): Promise<number> {
  const place = parseReplay(options.replay ?? "");
  const output = outputOf(options);
  const law = lawById(place.id);
  const { verdict, name } = await replayOf(options, place);
  if (verdict === null) {
    const kept = `${law.id}: this case keeps the law on ${name}`;
    output.result(kept, [{ law: law.id, status: "kept" }]);
    return 0;
  }
  const report = { verdicts: [verdict] };
  output.result(describeVerdict(verdict), reportJson(report));
  return exitCodeOf(report);
}

async function runChosenLaws(options: Options): Promise<number> {
  const { report: folder, shard, seed } = options;
  const chosen = options.law === undefined ? laws : [...new Set(options.law.map(lawById))];
  await checkWritable("--report", folder);
  const record = await startRecord("causalgate verify", seed);
  const output = outputOf(options);
  const corpusFile = join(folder, "corpus.json");
  const corpus = await readCorpus(corpusFile, output.note);
  const settings = {
    seed,
    runs: options.time === undefined ? options.runs : 1_000_000,
    ...(shard === undefined ? {} : { shard }),
    ...(options.time === undefined ? {} : { timeLimitMs: options.time }),
    ...(options.large === undefined ? {} : { large: options.large }),
    caseTimeoutMs: options.caseTimeout,
    corpus,
  };
  const storedOf = (name: string) =>
    casesOf(corpus, name).filter(({ id }) => chosen.some((law) => law.id === id));
  const noteStored = (name: string) => {
    const { length } = storedOf(name);
    if (length > 0) output.note(`cases of ${corpusFile} tried first: ${length}`);
  };
  const { report, name, engine } = await runOf(options, chosen, settings, noteStored, output.note);
  output.result(reportText(report), reportJson(report));
  const written = await writeReport(folder, engine, report, record);
  const broken = report.verdicts.filter(({ status }) => status === "broken").map(replayLine);
  for (const line of storedOf(name).map(lineOf)) {
    if (broken.includes(line)) output.note(`still broken: ${line} of ${corpusFile}`);
  }
  if (broken.length > 0) await keepCases(corpusFile, corpus, name, broken);
  output.note(`seed ${seed}; written: ${written} and run.json in ${folder}`);
  return exitCodeOf(report);
}

async function writeReport(
  folder: string,
  engine: Engine | null,
  report: Report,
  record: Awaited<ReturnType<typeof startRecord>>,
): Promise<string> {
  const file = (name: string) => join(folder, name);
  const table = await writeTable(folder, lawsTable, lawRows(record.run_id, report));
  const large = await writeTable(folder, largeCasesTable, largeCasesRows(record.run_id, report));
  await writeWhole(file("laws.json"), `${JSON.stringify(reportJson(report), null, 2)}\n`);
  await writeWhole(file("laws.xml"), junitText(report));
  const files = [table, large, file("laws.json"), file("laws.xml")];
  if (engine !== null) files.push(await writeEngines(folder, record.run_id, engine, report));
  await writeRecord(folder, record, files);
  return files.map((path) => basename(path)).join(", ");
}
