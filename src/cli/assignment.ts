import { join } from "node:path";
import { Command, Option } from "commander";
import { runBenchmark } from "../courses/two-layer-assignment/benchmark.ts";
import { benchmarkText } from "../courses/two-layer-assignment/benchmark-results.ts";
import {
  evaluate,
  evaluationJson,
  evaluationModes,
  evaluationText,
} from "../courses/two-layer-assignment/evaluate.ts";
import { checkWritable } from "../io/files.ts";
import { startRecord } from "../io/run-record.ts";
import type { NamedModel } from "../model/named/named-model.ts";
import { namedModel } from "../model/named/registry.ts";
import {
  examples,
  type FormatOptions,
  formatOption,
  integer,
  jsonOption,
  reportOption,
  seedOption,
} from "./options.ts";
import { type Output, outputOf } from "./output.ts";

const modes = ["evaluate", "kv_evaluate", "benchmark"] as const;

type AssignmentMode = (typeof modes)[number];

/** A mode is given by `--mode`, or by the flag of its name. */
interface Options extends FormatOptions, Readonly<Partial<Record<AssignmentMode, true>>> {
  readonly mode?: AssignmentMode;
  readonly maxSeqLen: "128" | "1024";
  readonly newTokens: number;
  readonly repeats: number;
  readonly seed: number;
  readonly report: string;
}

/** The assignment's model has a context of 128, too short for half of its benchmark. */
const modelNames = { "128": "assignment", "1024": "assignment-long" } as const;

/** `causalgate assignment`: the two-layer assignment, in its three modes. */
export function assignmentCommand(): Command {
  return new Command("assignment")
    .description("the two-layer, single-head model of the assignment: its tests and its benchmark")
    .addOption(new Option("--mode <MODE>", "the mode").choices(modes))
    .option("--evaluate", "--mode evaluate: the logits without a cache")
    .option("--kv_evaluate", "--mode kv_evaluate: the logits with and without, and one by one")
    .option("--benchmark", "--mode benchmark: the latency with and without")
    .addOption(
      new Option("--max-seq-len <P>", "the model's context")
        .choices(["128", "1024"])
        .default("128"),
    )
    .addOption(
      new Option("--new-tokens <N>", "tokens that the benchmark generates")
        .argParser(integer(2, 1024))
        .default(20),
    )
    .addOption(
      new Option("--repeats <N>", "timed runs for each length")
        .argParser(integer(1, 1000))
        .default(3),
    )
    .addOption(seedOption())
    .addOption(reportOption())
    .addOption(formatOption("text", "json"))
    .addOption(jsonOption())
    .addHelpText(
      "after",
      examples(
        ["assignment --mode evaluate", "ten test cases without a cache; exit code 1 if one fails"],
        ["assignment --mode kv_evaluate", "the same with the cache, and token by token"],
        ["assignment --mode benchmark --max-seq-len 1024", "the latency for 10 to 1,000 tokens"],
      ),
    )
    .action(async (options: Options, command: Command) => {
      const given = modes.filter((mode) => options.mode === mode || options[mode]);
      if (given.length !== 1) {
        command.error(`error: one mode must be given, got ${given.join(" and ") || "none"}`);
      }
      const [mode] = given;
      const model = namedModel(modelNames[options.maxSeqLen]);
      const output = outputOf(options);
      output.note(`${model.name}: random weights of seed ${options.seed}`);
      const succeeded =
        mode === "benchmark"
          ? await benchmark(model, options, output)
          : await tests(model, mode, options, output);
      process.exitCode = succeeded ? 0 : 1;
    });
}

async function tests(
  model: NamedModel,
  mode: keyof typeof evaluationModes,
  { seed }: Options,
  output: Output,
): Promise<boolean> {
  const evaluation = await evaluate(model, seed, evaluationModes[mode]);
  output.result(evaluationText(evaluation), evaluationJson(evaluation));
  return evaluation.passed.length === evaluation.cases.length;
}

async function benchmark(model: NamedModel, options: Options, output: Output): Promise<boolean> {
  const record = await startRecord("causalgate assignment --mode benchmark", options.seed);
  const folder = join(options.report, "assignment");
  await checkWritable("--report", folder);
  const { results, files, tokensMatch } = await runBenchmark(model, folder, record, options);
  output.result(benchmarkText(results, model.config.maxPositionEmbeddings), results);
  for (const file of files) output.note(`written: ${file}`);
  return tokensMatch;
}
