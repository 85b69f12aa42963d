import { Argument, Command, Option } from "commander";
import { findTrainedModel } from "../formats/find-model.ts";
import { checkSubject, type SubjectVerdict } from "../golden/check-subject.ts";
import { goldenEngine } from "../golden/engine.ts";
import { fixtureFolders, packageFixtures, readFixture } from "../golden/read.ts";
import { compareDrafts, writeDrafts } from "../golden/record.ts";
import { draftSubject } from "../golden/record-subject.ts";
import { outcomesJson, outcomesText, verdictsJson, verdictText } from "../golden/text.ts";
import type { FixtureDraft } from "../golden/write.ts";
import { checkWritable } from "../io/files.ts";
import {
  examples,
  type FormatOptions,
  formatOption,
  integers,
  jsonOption,
  seedOption,
} from "./options.ts";
import { type Output, outputOf } from "./output.ts";
import {
  chosenSubject,
  portable,
  quoted,
  type SubjectOptions,
  subjectOptions,
} from "./subject-options.ts";

interface RecordOptions extends FormatOptions, Omit<SubjectOptions, "model"> {
  readonly out: string;
  readonly model?: readonly string[];
  readonly tokens?: readonly (readonly number[])[];
  readonly seed: number;
  readonly update?: boolean;
}

/** `causalgate golden`: records an engine as fixtures, and compares engines with fixtures. */
export function goldenCommand(): Command {
  return new Command("golden")
    .description("record the logits of an engine as fixtures, and compare engines with fixtures")
    .addCommand(recordCommand())
    .addCommand(checkCommand());
}

function recordCommand(): Command {
  const command = new Command("record").description(
    "record an engine; exit code 1 if a recorded fixture differs and --update is not given",
  );
  const shared = subjectOptions().filter(({ long }) => long !== "--model");
  for (const option of shared) command.addOption(option);
  return command
    .requiredOption("--out <DIR>", "folder of the fixtures, one folder each")
    .option(
      "--model <MODEL...>",
      "models to record, by name or path; default: those recorded before, or one of each family; with --http the model of the server",
    )
    .addOption(
      new Option(
        "--tokens <IDS...>",
        "token ids of each case, as in 3,7,11 5; default: those recorded before, or seeded ones",
      ).argParser((text: string, cases: number[][] = []) => [...cases, integers(0)(text)]),
    )
    .addOption(seedOption())
    .option("--update", "overwrite fixtures that differ")
    .addOption(formatOption("text", "json"))
    .addOption(jsonOption())
    .addHelpText(
      "after",
      examples(
        ["golden record --engine my-engine.ts --out fixtures", "one model of each family"],
        [
          "golden record --engine my-engine.ts --out fixtures",
          "again: nothing changes, or a table",
        ],
        ["golden record --engine my-engine.ts --out fixtures --update", "overwrites what changed"],
        ["golden record --subject onnxruntime --model demo --tokens 3,7,11 --out fixtures", "one"],
        ["golden record --http http://127.0.0.1:8080 --out fixtures", "top log-probabilities"],
      ),
    )
    .action(record);
}

async function record(options: RecordOptions): Promise<void> {
  const { out: folder, model, tokens, seed, update = false, ...rest } = options;
  const output = outputOf(options);
  const isServer = rest.http !== undefined;
  if (isServer && model !== undefined && model.length > 1) {
    throw new RangeError(`golden: --model must be one model with --http, got ${model.join(" ")}`);
  }
  const served = isServer && model !== undefined ? { model: model[0] } : {};
  const { subject, origin } = await chosenSubject({ ...rest, ...served }, portable);
  await checkWritable("--out", folder);
  const models = isServer
    ? []
    : await Promise.all((model ?? []).map((one) => findTrainedModel(one, seed)));
  const chosen = model === undefined || isServer ? [] : ["--model", ...model.map(portable)];
  const cases = tokens === undefined ? [] : ["--tokens", ...tokens.map(String)];
  const words = [...chosen, ...cases, "--seed", seed, "--out", portable(folder)].map(String);
  const { drafts, notOffered } = await draftSubject(goldenEngine(subject), {
    ...(models.length === 0 ? {} : { models }),
    ...(tokens === undefined ? {} : { tokens }),
    seed,
    folder,
    update,
    command: `npx causalgate golden record ${origin} ${words.map(quoted).join(" ")}`,
  });
  for (const line of notOffered) output.note(`not offered: ${line}`);
  if (drafts.length === 0) {
    const fix = "choose models with --model";
    throw new RangeError(`golden: ${subject.name} must offer a model to record, got none; ${fix}`);
  }
  if (!(await writeFixtures(drafts, folder, update, output))) process.exitCode = 1;
}

/**
 * Writes the fixtures that are new, and with `update` those that differ from what is there; prints
 * the differences first.
 *
 * @returns false if a fixture was refused, or differs by more than its tolerance without `update`
 */
export async function writeFixtures(
  drafts: readonly FixtureDraft[],
  folder: string,
  update: boolean,
  output: Output,
): Promise<boolean> {
  const outcomes = await compareDrafts(drafts, folder, update);
  output.result(outcomesText(outcomes, folder, update), outcomesJson(outcomes));
  await writeDrafts(outcomes, folder, update);
  const isRefused = outcomes.some(({ draft }) => draft.problem !== null);
  return !isRefused && (update || outcomes.every(({ status }) => status !== "changed"));
}

function checkCommand(): Command {
  const command = new Command("check").description(
    "compare an engine with recorded fixtures; exit code 1 if it differs from one, 3 if none suits it",
  );
  for (const option of subjectOptions()) command.addOption(option);
  return command
    .addArgument(
      new Argument("[DIR]", "folder of fixtures").default(packageFixtures, "those of this package"),
    )
    .addOption(formatOption("text", "json"))
    .addOption(jsonOption())
    .addHelpText(
      "after",
      examples(
        ["golden check", "the reference decoder, as in the gate"],
        ["golden check --engine my-engine.ts", "the logits of other engines, recorded here"],
        ["golden check --engine my-engine.ts fixtures", "the logits of your engine, as recorded"],
      ),
    )
    .action(check);
}

async function check(folder: string, options: SubjectOptions & FormatOptions): Promise<void> {
  const output = outputOf(options);
  const fixtures = await Promise.all((await fixtureFolders(folder)).map(readFixture));
  const { subject } = await chosenSubject(options);
  const engine = goldenEngine(subject);
  const verdicts: SubjectVerdict[] = [];
  for (const fixture of fixtures) {
    const verdict = await checkSubject(engine, fixture);
    if (!output.isJson) console.log(verdictText(verdict));
    verdicts.push(verdict);
  }
  const compared = verdicts.map(({ verdict }) => verdict).filter((verdict) => verdict !== null);
  const broken = compared.filter(({ difference }) => difference !== null).length;
  const kept = `${compared.length - broken} of ${verdicts.length} fixtures kept`;
  const others = `${broken} broken, ${verdicts.length - compared.length} not offered`;
  output.result(`${subject.name}: ${kept}, ${others}`, verdictsJson(verdicts));
  process.exitCode = broken > 0 ? 1 : compared.length === 0 ? 3 : 0;
}
