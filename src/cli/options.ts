import { Argument, InvalidArgumentError, Option } from "commander";
import { defaultCaseTimeoutMs } from "../verify/case-timeout.ts";

/** Returns a parser of integers in a range. */
export function integer(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return parser(
    (value) => Number.isInteger(value) && value >= least && value <= most,
    most === Number.MAX_SAFE_INTEGER
      ? `an integer of at least ${least}`
      : `an integer in [${least}, ${most}]`,
  );
}

/** Returns a parser of numbers in a range that includes both ends. */
export function number(least: number, most = Number.POSITIVE_INFINITY): (text: string) => number {
  return parser(
    (value) => Number.isFinite(value) && value >= least && value <= most,
    Number.isFinite(most) ? `a number in [${least}, ${most}]` : `a number of at least ${least}`,
  );
}

/** Returns a parser of lists such as `3,7,11`, of integers of at least `least`. */
export function integers(least: number): (text: string) => number[] {
  return (text) => text.split(",").map(integer(least));
}

function parser(holds: (value: number) => boolean, must: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && holds(value)) return value;
    throw new InvalidArgumentError(`must be ${must}, got "${text}"`);
  };
}

/** `MODEL`: an argument of {@link findConfig} and {@link findModel}. */
export function modelArgument(): Argument {
  return new Argument("<MODEL>", "a model's name, or the path of its file or folder");
}

export type OutputFormat = "text" | "csv" | "json";

/** The values of {@link formatOption} and {@link jsonOption}; read by {@link formatOf}. */
export interface FormatOptions {
  readonly format: OutputFormat;
  readonly json?: true;
}

/** `--format F`: how a result is written to the standard output; the first choice by default. */
export function formatOption(...choices: readonly OutputFormat[]): Option {
  return new Option("--format <F>", "format of the result").choices(choices).default(choices[0]);
}

/** `--json` */
export function jsonOption(): Option {
  return new Option("--json", "short for --format json").conflicts("format");
}

/** Returns the format that the options of a command select. */
export function formatOf({ format, json }: FormatOptions): OutputFormat {
  return json ? "json" : format;
}

/** `--tokens 3,7,11`: a prompt as token ids. */
export function tokensOption(): Option {
  return new Option("--tokens <IDS>", "the prompt as token ids, as in 3,7,11").argParser(
    integers(0),
  );
}

/** Returns the end of a command's help: examples, each with its effect. */
export function examples(...lines: readonly (readonly [command: string, gives: string])[]): string {
  const shown = lines.map(([command, gives]) => `  # ${gives}\n  causalgate ${command}`);
  return `\nExamples:\n${shown.join("\n")}`;
}

/** `--seed S`: seed of every random draw. */
export function seedOption(): Option {
  const seed = integer(-0x80000000, 0xffffffff);
  return new Option("--seed <S>", "the seed of every random draw").argParser(seed).default(42);
}

/** `--runs N`: number of cases of each law. */
export function runsOption(byDefault: number): Option {
  const runs = integer(1, 10_000_000);
  return new Option("--runs <N>", "cases for each law").argParser(runs).default(byDefault);
}

/** `--large N`: number of large cases in each dimension of a law. */
export function largeOption(): Option {
  const about =
    "large cases of each law in each dimension; by default what a fifth of the time allows, at least 3 with --runs 500";
  return new Option("--large <N>", about).argParser(integer(0, 1_000_000));
}

/** Parses a duration such as `10m` to milliseconds. */
function duration(text: string): number {
  const unit = { s: 1000, m: 60_000, h: 3_600_000 };
  const match = /^(\d+(?:\.\d+)?)([smh])$/.exec(text);
  if (match !== null && Number(match[1]) > 0) {
    return Number(match[1]) * unit[match[2] as keyof typeof unit];
  }
  throw new InvalidArgumentError(`must be a duration such as 30s, 10m or 1h, got "${text}"`);
}

/** `--time 10m`: time limit, parsed to milliseconds. */
export function durationOption(): Option {
  return new Option("--time <T>", "time for all laws, instead of --runs").argParser(duration);
}

/** `--case-timeout 60s`, parsed to milliseconds. */
export function caseTimeoutOption(): Option {
  const about = "time for the engine to answer one case";
  return new Option("--case-timeout <T>", about)
    .argParser(duration)
    .default(defaultCaseTimeoutMs, `${defaultCaseTimeoutMs / 1000}s`);
}

/** `--memory 4g`, parsed to bytes. */
export function memoryOption(): Option {
  const parse = (text: string) => {
    const match = /^(\d+(?:\.\d+)?)([mg])$/i.exec(text);
    const bytes = Number(match?.[1]) * (match?.[2].toLowerCase() === "g" ? 2 ** 30 : 2 ** 20);
    if (bytes > 0) return Math.round(bytes);
    throw new InvalidArgumentError(`must be a size such as 800m or 16g, got "${text}"`);
  };
  return new Option("--memory <SIZE>", "memory for the process of an engine")
    .argParser(parse)
    .default(4 * 2 ** 30, "4g");
}

/** `--shard 2/5`: the second of five machines that share the cases of one seed. */
export function shardOption(): Option {
  const parse = (text: string) => {
    const [, index, count] = /^(\d+)\/(\d+)$/.exec(text)?.map(Number) ?? [0, 0, 0];
    if (index >= 1 && index <= count) return { index, count };
    throw new InvalidArgumentError(`must be i/n with 1 <= i <= n, got "${text}"`);
  };
  return new Option("--shard <I/N>", "the i-th of n parts of the cases").argParser(parse);
}

/** `--report DIR`: folder of the tables. */
export function reportOption(): Option {
  return new Option("--report <DIR>", "folder for the tables").default("reports");
}
