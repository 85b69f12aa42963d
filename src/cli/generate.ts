import { setImmediate } from "node:timers/promises";
import { Command, Option } from "commander";
import type { Decoder } from "../decoder.ts";
import { type FoundModel, findTrainedModel } from "../formats/find-model.ts";
import { type GenerateOptions, generateStream } from "../generation/generate.ts";
import { jsonText } from "../io/json-text.ts";
import { aligned } from "../io/rows-text.ts";
import { grouped } from "../io/text-table.ts";
import { seededRandom, xorshiftStar } from "../math/random.ts";
import { referenceDecoder } from "../reference/reference-decoder.ts";
import {
  examples,
  type FormatOptions,
  formatOption,
  integer,
  jsonOption,
  modelArgument,
  number,
  seedOption,
  tokensOption,
} from "./options.ts";
import { outputOf } from "./output.ts";
import { promptTokens } from "./prompt.ts";

interface Options extends FormatOptions {
  readonly model?: string;
  readonly tokens?: readonly number[];
  readonly maxNewTokens: number;
  readonly totalLength?: number;
  readonly greedy?: true;
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly minP: number;
  readonly repetitionPenalty: number;
  readonly frequencyPenalty: number;
  readonly presencePenalty: number;
  readonly seed: number;
  readonly xorshift?: true;
  readonly eos?: number;
  readonly naive?: true;
}

/** `causalgate generate`: a text, printed token by token, and its speed. */
export function generateCommand(): Command {
  const command = new Command("generate");
  for (const option of samplingOptions()) command.addOption(option);
  return command
    .description(
      "continue a prompt: text in, text out; --tokens in, token ids out. The text goes to the " +
        "standard output, the statistics to the error stream",
    )
    .addArgument(modelArgument().argOptional())
    .argument("[PROMPT...]", "the words of the prompt")
    .option("--model <MODEL>", "the model, so that all words are the prompt")
    .addOption(tokensOption())
    .addOption(
      new Option("--max-new-tokens <N>", "largest number of tokens to generate")
        .argParser(integer(0))
        .default(100),
    )
    .addOption(
      new Option("--total-length <N>", "largest number of tokens of prompt and text together")
        .argParser(integer(1))
        .conflicts("maxNewTokens"),
    )
    .addOption(seedOption())
    .option("--xorshift", "use the random generator of llama2.c, to reproduce its texts")
    .addOption(new Option("--eos <ID>", "the token that ends the text").argParser(integer(0)))
    .option("--naive", "recompute the whole sequence for every token, without a cache")
    .addOption(formatOption("text", "json"))
    .addOption(jsonOption())
    .addHelpText(
      "after",
      examples(
        [
          "generate path/to/stories260K.bin --greedy",
          "a story, from the tokenizer beside the file",
        ],
        ["generate tiny the cat sat --max-new-tokens 10", "words from weights trained here"],
        ["generate sorter 3 1 4 1 5 9", "the same digits in order"],
        ["generate demo --tokens 3,7,11,15 --top-k 10 --seed 7", "token ids from random weights"],
      ),
    )
    .action(run);
}

/** The options of `SamplingOptions`. */
function samplingOptions(): Option[] {
  return [
    new Option("--greedy", "always the most probable token").conflicts("temperature"),
    new Option("--temperature <T>", "above 1 flattens, below 1 sharpens, 0 is greedy")
      .argParser(number(0))
      .default(1),
    new Option("--top-k <K>", "draw from the K most probable tokens; 0 keeps all")
      .argParser(integer(0))
      .default(0),
    new Option("--top-p <P>", "draw from the smallest set with a mass of P; 1 keeps all")
      .argParser(number(0, 1))
      .default(1),
    new Option("--min-p <M>", "drop tokens less than M times as probable as the most probable")
      .argParser(number(0, 1))
      .default(0),
    new Option("--repetition-penalty <R>", "above 1, tokens of the history become less likely")
      .argParser(number(0))
      .default(1),
    new Option(
      "--frequency-penalty <F>",
      "subtracted from a logit for every occurrence of its token",
    )
      .argParser(number(-100, 100))
      .default(0),
    new Option("--presence-penalty <S>", "subtracted from the logit of every token in the history")
      .argParser(number(-100, 100))
      .default(0),
  ];
}

async function run(
  first: string | undefined,
  rest: readonly string[],
  options: Options,
  command: Command,
): Promise<void> {
  const given = first === undefined ? [] : [first, ...rest];
  const [argument, ...words] = options.model === undefined ? given : [options.model, ...given];
  if (argument === undefined) command.error("error: missing required argument 'MODEL'");
  if (options.tokens !== undefined && words.length > 0) {
    command.error("error: the prompt must be words or --tokens, got both");
  }
  const model = await findTrainedModel(argument, options.seed);
  const { name, config, weights, tokenizer, isRandom } = model;
  const prompt = promptTokens(model, { tokens: options.tokens, text: words.join(" ") });
  const decoder = referenceDecoder(config, weights);
  const generation = generateOptions(model, prompt, options);
  if (isRandom) console.error(`${name}: random weights of seed ${options.seed}, not trained`);
  const inText = options.tokens === undefined && tokenizer !== null;
  const output = outputOf(options);
  const show = inText ? shownText(tokenizer.decoder()) : shownIds();
  const write = (text: string) => output.isJson || process.stdout.write(text);
  const finished = await stream(decoder, prompt, generation, (token) => write(show(token)));
  console.error(statistics(prompt.length, finished));
  const { tokens, finishReason, tokenSteps, times } = finished;
  const result = {
    model: name,
    prompt,
    tokens,
    text: inText ? tokenizer.decode([...prompt, ...tokens]) : null,
    ...{ finish_reason: finishReason, token_steps: tokenSteps, times_ms: times },
  };
  if (output.isJson) console.log(jsonText(result));
  // The exit code of a process that Ctrl-C ended.
  if (finished.finishReason === "interrupted") process.exitCode = 130;
}

function generateOptions(
  { name, config, tokenizer }: FoundModel,
  prompt: readonly number[],
  options: Options,
): GenerateOptions {
  const { vocabSize: V } = config;
  const { totalLength, temperature, topK, topP, minP, greedy, seed } = options;
  const { repetitionPenalty, frequencyPenalty, presencePenalty } = options;
  const eos = options.eos ?? tokenizer?.eosTokenId ?? null;
  if (eos !== null && eos >= V)
    throw new RangeError(`${name}: --eos must be in [0, ${V}), got ${eos}`);
  if (totalLength !== undefined && totalLength < prompt.length) {
    const must = `must be at least the ${prompt.length} tokens of the prompt`;
    throw new RangeError(`${name}: --total-length ${must}, got ${totalLength}`);
  }
  return {
    maxNewTokens: totalLength === undefined ? options.maxNewTokens : totalLength - prompt.length,
    temperature: greedy ? 0 : temperature,
    topK,
    topP,
    minP,
    ...{ repetitionPenalty, frequencyPenalty, presencePenalty },
    random: options.xorshift ? xorshiftStar(BigInt(seed)) : seededRandom(seed),
    naive: options.naive === true,
    ...(eos === null ? {} : { eosTokenId: eos }),
  };
}

/** Returns the text of a token; without one, the end of the text. */
type Show = (token?: number) => string;

/** Replaces control characters other than white space, so that no text controls the terminal. */
function shownText(decode: Show): Show {
  return (token) => {
    const shown = decode(token).replace(/(?!\s)\p{Cc}/gu, "\uFFFD");
    return token === undefined ? `${shown}\n` : shown;
  };
}

function shownIds(): Show {
  let separator = "";
  return (token) => {
    if (token === undefined) return "\n";
    const shown = separator + token;
    separator = " ";
    return shown;
  };
}

interface Finished {
  readonly tokens: readonly number[];
  readonly finishReason: string;
  /** Null when interrupted. */
  readonly tokenSteps: number | null;
  /** Milliseconds until each new token; the first includes the prompt. */
  readonly times: readonly number[];
}

/**
 * Generates, and writes prompt and text token by token. The time of a token excludes the writing.
 * After the first token, Ctrl-C ends the text after the current one; before it, the process.
 *
 * @param write writes a token; without one, the end of the text
 */
async function stream(
  decoder: Decoder,
  prompt: readonly number[],
  options: GenerateOptions,
  write: (token?: number) => void,
): Promise<Finished> {
  const steps = generateStream(decoder, prompt, options);
  const tokens: number[] = [];
  const times: number[] = [];
  const next = async () => {
    const start = performance.now();
    const step = await steps.next();
    if (step.done) return step;
    times.push(performance.now() - start);
    tokens.push(step.value);
    return step;
  };
  const interruption = new AbortController();
  const interrupt = () => interruption.abort();
  let step = await next(); // Before anything is written: a prompt that does not fit throws here.
  process.on("SIGINT", interrupt);
  for (const token of prompt) write(token);
  while (!step.done && !interruption.signal.aborted) {
    write(step.value);
    await setImmediate(); // Signals and a closed pipe are handled only between tasks.
    if (!interruption.signal.aborted) step = await next();
  }
  process.off("SIGINT", interrupt);
  write();
  if (step.done) return { ...step.value, tokens, times };
  return { finishReason: "interrupted", tokenSteps: null, tokens, times };
}

function statistics(promptLength: number, { finishReason, tokenSteps, times }: Finished): string {
  const [first, ...rest] = times;
  const phase = (count: number, ms: number) => {
    const rate = grouped(Math.round((1000 * count) / ms));
    return `${grouped(count)} in ${ms.toFixed(1)} ms, ${rate} tokens/s`;
  };
  const pairs = [
    ["tokens", `${promptLength} of the prompt, ${times.length} new`],
    ["finish reason", finishReason],
  ];
  if (first !== undefined) pairs.push(["prefill", phase(promptLength, first)]);
  if (rest.length > 0)
    pairs.push([
      "decode",
      phase(
        rest.length,
        rest.reduce((sum, ms) => sum + ms, 0),
      ),
    ]);
  if (tokenSteps !== null) pairs.push(["token steps", grouped(tokenSteps)]);
  return aligned(pairs);
}
