import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { parameterCount } from "../../src/cost/parameters.ts";
import { writeWhole } from "../../src/io/files.ts";
import { namedModel } from "../../src/model/named/registry.ts";
import { trainedFolder } from "../../src/model/trained/trained.ts";
import { readTables } from "../../src/report/tables.ts";
import { resultsMarkdown, type TrainedResult } from "./results-page.ts";

const root = join(import.meta.dirname, "../..");
const published = join(root, "reports/published");
const page = "docs/results.md";

/** `npm run benchmarks -- results`: writes docs/results.md from the published tables. */
export function resultsCommand(): Command {
  return new Command("results")
    .description("write docs/results.md from the tables of reports/published")
    .action(async () => console.log(`written: ${await writeResults()}`));
}

/** Writes docs/results.md and returns its name. */
export async function writeResults(): Promise<string> {
  await writeWhole(join(root, page), await publishedResults());
  return page;
}

/** Returns docs/results.md as it follows from the published tables and the trained models. */
export async function publishedResults(): Promise<string> {
  return resultsMarkdown({
    reports: await readTables(published),
    trained: await Promise.all(["tiny", "sorter"].map(trainedResult)),
  });
}

/** Number of digits of one input of the sorting task. */
const digitsOfSort = 6;

async function trainedResult(name: string): Promise<TrainedResult> {
  const record = await readFile(join(trainedFolder(name)!, "training.json"), "utf8");
  const { settings, result } = JSON.parse(record);
  const { loss, entropy, exact, counted } = result;
  return {
    name,
    parameters: parameterCount(namedModel(name).config),
    task: settings.task,
    ...{ loss, entropy, exact, inputs: counted / digitsOfSort },
  };
}
