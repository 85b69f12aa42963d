import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { Argument, Command } from "commander";
import { checkWritable } from "../io/files.ts";
import { examples } from "./options.ts";

/** `causalgate report`: the page of the tables in a folder of reports. */
export function reportCommand(): Command {
  return new Command("report")
    .description("the page and the figures of the tables in a folder of reports")
    .addArgument(new Argument("[FOLDER]", "where the tables are").default("reports"))
    .addHelpText("after", examples(["report", "writes reports/index.html from reports/*.csv"]))
    .action(async (folder: string) => {
      if (!existsSync(folder)) {
        const fix = "npx causalgate gate makes one";
        throw new RangeError(`report: the folder must exist, got "${folder}"; ${fix}`);
      }
      if (!(await stat(folder)).isDirectory()) {
        const fix = "give the folder that the tables are in";
        throw new RangeError(`report: must be a folder, got the file "${folder}"; ${fix}`);
      }
      await checkWritable("report", folder);
      // The drawing libraries take a third of a second to load: only this command waits for them.
      const { writeReport } = await import("../report/write-report.ts");
      for (const path of await writeReport(folder)) console.log(`written: ${path}`);
    });
}
