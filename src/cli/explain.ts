import { Argument, Command } from "commander";
import { explanation, topicNames } from "../report/explain.ts";
import { readTables } from "../report/tables.ts";
import { examples, reportOption } from "./options.ts";

/** `causalgate explain`: a topic in a few sentences, with the numbers of a folder of reports. */
export function explainCommand(): Command {
  return new Command("explain")
    .description(`a topic with this folder's numbers: ${topicNames.join(", ")}`)
    .addArgument(new Argument("<TOPIC>", "what to explain"))
    .addOption(reportOption())
    .addHelpText("after", examples(["explain cache", "why a cache, what it costs, what it gave"]))
    .action(async (topic: string, { report: folder }: { report: string }) => {
      const { tables } = await readTables(folder);
      console.log(explanation(topic, tables, folder));
    });
}
