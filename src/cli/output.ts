import { jsonText } from "../io/json-text.ts";
import { type FormatOptions, formatOf } from "./options.ts";

/**
 * The output of a command whose result is text or JSON. With `--json` the standard output is the
 * result and nothing else, so that a program can parse it.
 */
export interface Output {
  readonly isJson: boolean;
  /** Prints a line beside the result, such as the path of a written file. */
  readonly note: (line: string) => void;
  /** Prints the result; with `--json` the data and not the text. */
  readonly result: (text: string, data: unknown) => void;
}

export function outputOf(options: FormatOptions): Output {
  const isJson = formatOf(options) === "json";
  return {
    isJson,
    note: (line) => (isJson ? console.error(line) : console.log(line)),
    result: (text, data) => console.log(isJson ? jsonText(data) : text),
  };
}
