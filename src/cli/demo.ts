import { Command } from "commander";
import { demoTables, writeDemo } from "../courses/decoding-demo/demo.ts";
import { demoText } from "../courses/decoding-demo/text.ts";
import { startRecord, writeRecord } from "../io/run-record.ts";
import { examples, reportOption, seedOption } from "./options.ts";

interface Options {
  readonly seed: number;
  readonly report: string;
}

/** `causalgate demo`: causal decoding by examples, in the terminal and as the figures' tables. */
export function demoCommand(): Command {
  return new Command("demo")
    .description("causal decoding by examples, and the tables of their figures")
    .addOption(seedOption())
    .addOption(reportOption())
    .addHelpText(
      "after",
      examples(
        ["demo", "shapes, causality, sampling, generation, its cost, parameters, intensity"],
        ["demo --seed 7 --report new", "other random weights; the tables go to new/"],
      ),
    )
    .action(async ({ seed, report }: Options) => {
      const record = await startRecord("causalgate demo", seed);
      const tables = await demoTables(seed);
      console.log(demoText(tables));
      const files = await writeDemo(report, tables);
      await writeRecord(report, record, files);
      console.log("");
      for (const file of files) console.log(`written: ${file}`);
    });
}
