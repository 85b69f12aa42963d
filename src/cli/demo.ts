import { Command } from "commander";
import { demoTables, writeDemo } from "../courses/decoding-demo/demo.ts";
import { demoText } from "../courses/decoding-demo/text.ts";
import { checkWritable } from "../io/files.ts";
import { startRecord, writeRecord } from "../io/run-record.ts";
import {
  examples,
  type FormatOptions,
  formatOption,
  jsonOption,
  reportOption,
  seedOption,
} from "./options.ts";
import { outputOf } from "./output.ts";

interface Options extends FormatOptions {
  readonly seed: number;
  readonly report: string;
}

/** `causalgate demo`: examples of causal decoding, as text and as the tables of figures. */
export function demoCommand(): Command {
  return new Command("demo")
    .description("examples of causal decoding, and the tables of their figures")
    .addOption(seedOption())
    .addOption(reportOption())
    .addOption(formatOption("text", "json"))
    .addOption(jsonOption())
    .addHelpText(
      "after",
      examples(
        ["demo", "shapes, causality, sampling, generation, its cost, parameters, intensity"],
        ["demo --seed 7 --report new", "other random weights; the tables go to new/"],
      ),
    )
    .action(async (options: Options) => {
      const { seed, report } = options;
      const output = outputOf(options);
      await checkWritable("--report", report);
      const record = await startRecord("causalgate demo", seed);
      const tables = await demoTables(seed);
      output.result(`${demoText(tables)}\n`, tables);
      const files = await writeDemo(report, tables);
      await writeRecord(report, record, files);
      for (const file of files) output.note(`written: ${file}`);
    });
}
