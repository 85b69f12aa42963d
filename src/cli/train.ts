import { Command, InvalidArgumentError, Option } from "commander";
import { findConfig, findTrainedModel } from "../formats/find-model.ts";
import { configToHuggingFace } from "../formats/hugging-face-family.ts";
import { withLora } from "../model/lora.ts";
import type { Model } from "../model/model.ts";
import { initWeights, type LoraConfig, type LoraTarget } from "../model/weights.ts";
import { findTask, recipeOf } from "../training/recipes.ts";
import { type RunSettings, runTraining, trainingText } from "../training/run-training.ts";
import {
  examples,
  type FormatOptions,
  formatOption,
  integer,
  jsonOption,
  number,
  seedOption,
} from "./options.ts";
import { outputOf } from "./output.ts";

interface Options extends FormatOptions {
  readonly task: string;
  readonly model?: string;
  readonly from?: string;
  readonly lora?: LoraConfig;
  readonly out: string;
  readonly resume?: true;
  readonly steps?: number;
  readonly batch?: number;
  readonly lr?: number;
  readonly warmup?: number;
  readonly weightDecay?: number;
  readonly dropout: number;
  readonly every: number;
  readonly dtype: "float32" | "float16";
  readonly seed: number;
}

/** `causalgate train`: a new model, a model from another one, or adapters of one. */
export function trainCommand(): Command {
  return new Command("train")
    .description(
      "train a model on sentences of 20 words, on sorting, or on a text; the same seed gives the " +
        "same bytes, also when the run was interrupted and resumed",
    )
    .requiredOption("--task <TASK>", "sentences, sort, or the path of a text")
    .requiredOption("--out <FOLDER>", "a new folder for the model, its curve and checkpoints")
    .option("--model <MODEL>", "configuration of a new model; by default one for the task")
    .addOption(new Option("--from <MODEL>", "model with the initial weights").conflicts("model"))
    .addOption(loraOption())
    .option("--resume", "continue from the last checkpoint in the folder, with the same options")
    .addOption(new Option("--steps <N>", "number of steps").argParser(integer(1)))
    .addOption(new Option("--batch <B>", "rows per step").argParser(integer(1)))
    .addOption(new Option("--lr <RATE>", "the largest learning rate").argParser(number(0)))
    .addOption(new Option("--warmup <N>", "steps of the warm-up to it").argParser(integer(0)))
    .addOption(new Option("--weight-decay <D>", "weight decay of matrices").argParser(number(0)))
    .addOption(
      new Option("--dropout <P>", "probability of dropout").argParser(number(0, 0.99)).default(0),
    )
    .addOption(
      new Option("--every <N>", "steps between checkpoints, and between rows of the curve")
        .argParser(integer(1))
        .default(50),
    )
    .addOption(
      new Option("--dtype <T>", "format to which the final weights are rounded")
        .choices(["float32", "float16"])
        .default("float32"),
    )
    .addOption(seedOption())
    .addOption(formatOption("text", "json"))
    .addOption(jsonOption())
    .addHelpText(
      "after",
      examples(
        ["train --task sentences --out my-tiny", "the 20-word model, in some minutes"],
        ["train --task sentences --out my-tiny --resume", "the same, after Ctrl-C"],
        ["train --task book.txt --model demo --steps 500 --out book", "the bytes of a text"],
        [
          "train --task sentences --from tiny --lora 4,8,q_proj,v_proj --out adapters",
          "only adapters; the weights of the base are not changed",
        ],
        ["generate my-tiny the cat sat", "a text of the trained model"],
      ),
    )
    .action(run);
}

/** `--lora RANK,ALPHA,TARGET,...` */
function loraOption(): Option {
  const parse = (text: string): LoraConfig => {
    const [rank, alpha, ...targets] = text.split(",");
    if (!(Number(rank) > 0 && Number(alpha) > 0 && targets.length > 0)) {
      const must = "must be a rank, an alpha and layers, as in 4,8,q_proj,v_proj";
      throw new InvalidArgumentError(`${must}, got "${text}"`);
    }
    return { rank: Number(rank), alpha: Number(alpha), targets: targets as LoraTarget[] };
  };
  return new Option(
    "--lora <R,ALPHA,LAYERS>",
    "train adapters of this rank beside --from",
  ).argParser(parse);
}

async function run(options: Options, command: Command): Promise<void> {
  const { from, lora, out, resume = false } = options;
  if (lora !== undefined && from === undefined) {
    command.error("error: --lora needs --from, the model that it adapts");
  }
  const recipe = recipeOf(options.task);
  const steps = options.steps ?? recipe.steps;
  const peak = options.lr ?? recipe.learningRate;
  const settings: RunSettings = {
    task: options.task,
    model: from === undefined ? (options.model ?? recipe.model) : null,
    from: from ?? null,
    lora: lora ?? null,
    steps,
    batchSize: options.batch ?? recipe.batchSize,
    peak,
    floor: peak / 50,
    warmupSteps: options.warmup ?? Math.floor(steps / 20),
    weightDecay: options.weightDecay ?? recipe.weightDecay,
    beta1: 0.9,
    beta2: 0.95,
    dropout: options.dropout,
    maxNorm: 1,
    seed: options.seed,
    every: options.every,
    dtype: options.dtype,
  };
  if (settings.warmupSteps >= steps) {
    command.error(`error: --warmup must be less than the ${steps} steps, got ${options.warmup}`);
  }
  const model = await initialModel(settings);
  // A configuration that cannot be written is refused now and not after hours.
  if (lora === undefined) configToHuggingFace(model.config);
  const task = await findTask(options.task, model.config);
  const output = outputOf(options);
  const result = await runTraining({ model, task, settings, folder: out, resume });
  output.result(trainingText(result), result);
  output.note(`written: ${out}`);
}

/** The model at step 0. */
async function initialModel({ model, from, lora, seed }: RunSettings): Promise<Model> {
  if (from === null) {
    const { name, config } = await findConfig(model!);
    return { name, config, weights: initWeights(config, seed) };
  }
  const base = await findTrainedModel(from, seed);
  if (lora === null) return base;
  return { ...base, weights: withLora(base.config, base.weights, lora, seed) };
}
