import { InvalidArgumentError, Option } from "commander";

/** Parses an integer of a range, in the grammar of all errors here. */
function integer(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most && text.trim() !== "") {
      return value;
    }
    throw new InvalidArgumentError(`must be an integer in [${least}, ${most}], got "${text}"`);
  };
}

/** `--seed S`: every draw of the run comes from it. */
export function seedOption(): Option {
  const seed = integer(-0x80000000, 0xffffffff);
  return new Option("--seed <S>", "the seed of every random draw").argParser(seed).default(42);
}

/** `--runs N`: how many cases each law is tried on. */
export function runsOption(otherwise: number): Option {
  const runs = integer(1, 10_000_000);
  return new Option("--runs <N>", "cases for each law").argParser(runs).default(otherwise);
}

/** `--report DIR`: where tables are written. */
export function reportOption(): Option {
  return new Option("--report <DIR>", "where the tables are written").default("reports");
}
